"""The report: one page that holds all it needs."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from string import Template

from benchmarks.comparison.losses import scores_of, sentences
from benchmarks.comparison.report import HEADS, Table, budget_told, direction, rows, short, systems_of
from benchmarks.comparison.search import Budget
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.tasks import TASKS

TEMPLATE = Path(__file__).with_name("page.html")


def write_page(path: str | Path, table: Table, budget: Budget, around: dict[str, str]) -> None:
    """Write the page."""
    systems = systems_of(table)
    parts = {
        "date": around["date"],
        "budget": html.escape(budget_told(table, budget)),
        "names": html.escape(", ".join(SYSTEMS[name].title for name in systems)),
        "tasks": "\n".join(task_section(task, entries) for task, entries in table.items()),
        "losses": "\n".join(loss_section(name, table) for name in systems),
        "settings": "\n".join(settings_section(task, entries) for task, entries in table.items()),
        "notes": definitions((SYSTEMS[name].title, SYSTEMS[name].note) for name in systems),
        "environment": definitions(around.items()),
    }
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(parts)
    Path(path).write_text(text, encoding="utf-8")


def task_section(task: str, entries: dict[str, dict]) -> str:
    """Table, picture and notes of a task."""
    spec = TASKS[task]
    found = rows(task, entries)
    marked = [row.best for row in found]
    words = [("What is done", spec.note), ("Published", spec.published)]
    return "\n".join(
        [
            f'<section class="task" id="{task}"><h3>{html.escape(spec.title)}</h3>',
            f"<p>{html.escape(direction(task))}.</p>",
            table_of(HEADS, [row.cells() for row in found], marked),
            f"<figure>{picture(task, entries)}<figcaption>Points are seeds, ticks medians, bars go from quartile to "
            "quartile.</figcaption></figure>",
            definitions(words),
            "</section>",
        ]
    )


def loss_section(name: str, table: Table) -> str:
    """All sentences of a system."""
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in sentences(name, table))
    return f"<h3>{html.escape(SYSTEMS[name].title)}</h3><ul>{lines}</ul>"


def settings_section(task: str, entries: dict[str, dict]) -> str:
    """What the searches chose."""
    lines = []
    for name, entry in entries.items():
        choice = entry["choice"]
        told = ", ".join(f"{key} = {value}" for key, value in choice["settings"].items())
        lines.append((SYSTEMS[name].title, told, short(choice["loss"])))
    title = html.escape(TASKS[task].title)
    return f"<h3>{title}</h3>" + table_of(("system", "settings", "loss held out"), lines, [False] * len(lines))


def picture(task: str, entries: dict[str, dict]) -> str:
    """The scores of all seeds, as SVG inside the page."""
    import matplotlib.pyplot as plt

    from reservoir.plotting import ComparisonDisplay

    spec = TASKS[task]
    scores = {SYSTEMS[name].title: scores_of(entry) for name, entry in entries.items()}
    positive = all((values > 0).all() for values in scores.values())
    log = spec.scale == "ratio" and positive
    display = ComparisonDisplay.from_scores({task: scores}, measures=spec.score, better=spec.better, log=log)
    display.ax_.set_title("", loc="left")
    display.figure_.set_size_inches(7, 0.8 + 0.27 * len(scores))
    stream = io.StringIO()
    with plt.rc_context({"svg.hashsalt": task}):
        display.figure_.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(display.figure_)
    return embedded(stream.getvalue(), task)


def embedded(svg: str, prefix: str) -> str:
    """The element alone: no addresses of name spaces, and names of its parts that no other picture has."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    return re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)


def table_of(heads: Iterable[str], lines: list, marked: list[bool]) -> str:
    """A table whose marked rows stand out."""
    top = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    body = [
        f"<tr{' class=best' if best else ''}>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>"
        for line, best in zip(lines, marked, strict=True)
    ]
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Terms and what belongs to them; empty ones are left out."""
    lines = [f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in pairs if text]
    return f"<dl>{''.join(lines)}</dl>"
