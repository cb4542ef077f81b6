"""Text as LaTeX: what stands for a character in the text, and what the preamble declares for those that are used."""

from __future__ import annotations

import re

from bprunner.figures.text import one_line

_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}", "\xa0": "~",
}  # fmt: skip
# Signs that a font would join, two hyphens to a dash, are kept apart.
_JOINED = re.compile(r"([-,'])(?=\1)")
_LONG_WORD = 16

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "ς": "varsigma",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "ϵ": "epsilon",
    "ϕ": "phi", "ϑ": "vartheta", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = {
    "−": "-", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd",
    "∞": r"\infty", "≈": r"\approx", "≠": r"\neq", "≤": r"\leq", "≥": r"\geq", "≡": r"\equiv", "∼": r"\sim",
    "∝": r"\propto", "∓": r"\mp", "⋅": r"\cdot", "∘": r"\circ", "⊙": r"\odot", "⊗": r"\otimes", "⊕": r"\oplus",
    "∈": r"\in", "∉": r"\notin", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "∧": r"\wedge", "∨": r"\vee",
    "→": r"\to", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow",
    "⇔": r"\Leftrightarrow", "↑": r"\uparrow", "↓": r"\downarrow", "↦": r"\mapsto", "⋯": r"\cdots", "⋮": r"\vdots",
    "⋱": r"\ddots", "′": r"{}'", "″": r"{}''", "‖": r"\|", "⊤": r"\top", "ᵀ": r"{}^{T}", "ℝ": r"\mathbb{R}",
    "✓": r"\checkmark", "✗": r"\times", "⅓": r"\tfrac{1}{3}", "⅔": r"\tfrac{2}{3}", "⅛": r"\tfrac{1}{8}",
    "∗": r"\ast", "∣": r"\mid", "⟨": r"\langle", "⟩": r"\rangle", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil",
    "⌉": r"\rceil",
}  # fmt: skip
_RAISED, _LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "₀₁₂₃₄₅₆₇₈₉₊₋"
_KNOWN = {
    **{character: rf"\ensuremath{{\{name}}}" for character, name in _GREEK.items()},
    **{character: rf"\ensuremath{{{latex}}}" for character, latex in _SIGNS.items()},
    **{character: rf"\ensuremath{{{{}}^{{{sign}}}}}" for character, sign in zip(_RAISED, "0123456789+-", strict=True)},
    **{character: rf"\ensuremath{{{{}}_{{{sign}}}}}" for character, sign in zip(_LOWERED, "0123456789+-", strict=True)},
    # Capital letters that look like Latin ones.
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True)),
}


def latex_prose(text: str) -> str:
    """Any text as itself on one line, without a command of its own."""
    return " ".join(_word(word) for word in _line(text).split(" "))


def _word(word: str) -> str:
    """A word; one that is longer than any may be broken after its signs, and now and then."""
    pieces = [word] if len(word) <= _LONG_WORD else re.findall(r"\w{1,30}|\W", word)
    written = ["".join(_ESCAPED.get(each, each) for each in _JOINED.sub("\\1\0", piece)) for piece in pieces]
    return r"\allowbreak{}".join(written).replace("\0", "{}")


def latex_code(text: str) -> str:
    """The same with every space, and with straight apostrophes."""
    return latex_prose(text.replace(" ", "\xa0")).replace("'", r"\textquotesingle{}")


def _line(text: str) -> str:
    """As in pictures, but with spaces that do not break."""
    return "\xa0".join(one_line(f"|{part}|")[1:-1] for part in text.split("\xa0"))


def declared(latex: str) -> str:
    """What the preamble says of the characters in a text that not every LaTeX knows."""
    lines = []
    for character in sorted(set(latex)):
        if not character.isascii():
            command = rf"\knownsign{{{_KNOWN[character]}}}" if character in _KNOWN else r"\raresign"
            lines.append(rf"{command}{{{character}}}{{{ord(character):04X}}}")
    return "".join(f"{line}\n" for line in lines)


# pdfTeX knows only the characters that a font encoding brings; the others know those that the font has. What they do
# not know, they show as its number.
PREAMBLE = r"""\ifPDFTeX
  \newcommand{\knownsign}[3]{\DeclareUnicodeCharacter{#3}{#1}}
  \newcommand{\raresign}[2]{\ifcsname u8:\detokenize{#1}\endcsname\else
    \DeclareUnicodeCharacter{#2}{[U+#2]\allowbreak{}}\fi}
\else
  \newcommand{\knownsign}[3]{\catcode"#3=\active
    \begingroup\lccode`\~="#3\lowercase{\endgroup\protected\def~}{#1}}
  \newcommand{\raresign}[2]{\ifnum"#2<"180 \else
    \knownsign{\iffontchar\font"#2 \char"#2 \else[U+#2]\allowbreak{}\fi}{#1}{#2}\fi}
\fi
"""
