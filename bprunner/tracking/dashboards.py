"""A dashboard is the page of MLflow's that shows a run or a study best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bprunner.tracking.addresses import page
from bprunner.tracking.studies import STUDY
from bprunner.tracking.views import RUNS_KEY, can_show_views, dashboard_key, tag_name

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def dashboard(client: MlflowClient, run: Run) -> str:
    """The part of a link behind the server's address: the view of the run's study, or of the experiment's single runs.

    Where there is no such view, as of runs that other programs recorded, it is the run's own page, or the experiment's
    charts for a study.
    """
    experiment = str(run.info.experiment_id)
    study = run.data.tags.get(STUDY)
    key = dashboard_key(study) if study else RUNS_KEY
    if can_show_views() and tag_name(key) in client.get_experiment(experiment).tags:
        return page(experiment, view=key)
    return page(experiment) if study else page(experiment, str(run.info.run_id))
