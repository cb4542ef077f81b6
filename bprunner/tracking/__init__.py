"""Tracking writes what a run did to MLflow, and shows where to look at it.

It takes a plain record of one run (`records`), finds and opens the store (`addresses`, `store`), writes the record
(`writer`), or that of a study with all of its runs (`studies`), and starts MLflow's own pages (`ui`). It knows nothing
of YAML, of training or of the terminal.

MLflow takes a second to import, so it is imported only inside the functions that need it.
"""

from bprunner.tracking.addresses import Store, link, resolve_tracking_uri
from bprunner.tracking.records import DatasetRecord, MetricSeries, Recorded, RunRecord
from bprunner.tracking.store import open_store
from bprunner.tracking.studies import (
    ChildRecord,
    RecordedStudy,
    StudyRecord,
    StudyRecording,
    begin_study,
    record_id,
    record_study,
)
from bprunner.tracking.ui import serve
from bprunner.tracking.writer import record_run, write_metrics

__all__ = [
    "ChildRecord",
    "DatasetRecord",
    "MetricSeries",
    "Recorded",
    "RecordedStudy",
    "RunRecord",
    "Store",
    "StudyRecord",
    "StudyRecording",
    "begin_study",
    "link",
    "open_store",
    "record_id",
    "record_run",
    "record_study",
    "resolve_tracking_uri",
    "serve",
    "write_metrics",
]
