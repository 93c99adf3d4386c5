"""Colours of everything drawn, for light and dark paper. The bottlenecks are from Okabe and Ito's set for the colour-blind."""

from __future__ import annotations

from collections.abc import Mapping

PALETTE: Mapping[str, tuple[str, str]] = {
    "compute": ("#0072b2", "#56b4e9"),
    "memory": ("#d98c00", "#e69f00"),
    "launch": ("#b5608f", "#cc79a7"),
    "ink": ("#1f2328", "#d7dade"),
    "faint": ("#59636e", "#9aa3ad"),
    "line": ("#d5d9de", "#3c4249"),
    "paper": ("#ffffff", "#1e2126"),
}


def as_variables() -> str:
    """A style sheet's variables. What an editor says of its own colours goes before ours."""
    editor = {
        "ink": "editor-foreground",
        "faint": "descriptionForeground",
        "line": "panel-border",
        "paper": "editor-background",
    }
    lines: list[str] = []
    for name, (light, dark) in PALETTE.items():
        own = f"light-dark({light}, {dark})"
        lines.append(f"  --{name}: var(--vscode-{editor[name]}, {own});" if name in editor else f"  --{name}: {own};")
    return "\n".join([":root {", "  color-scheme: light dark;", *lines, "}"])


def in_full(style: str) -> str:
    """A style sheet with the colours in place of the variables, for programs that know none."""
    light, dark = style, style
    for name, colours in PALETTE.items():
        light = light.replace(f"var(--{name})", colours[0])
        dark = dark.replace(f"var(--{name})", colours[1])
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
