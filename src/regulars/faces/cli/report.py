"""`regulars report FILE…`: orders in, insight out."""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from regulars.faces.cli.wishes import day_or_week, parse_day, parse_horizon, parse_share, refuse
from regulars.kit.errors import DomainError
from regulars.kit.i18n import LANGUAGES, activate, preferred_language
from regulars.kit.i18n import gettext as _

if TYPE_CHECKING:
    from regulars.intake.contracts import Role, Settings
    from regulars.report.contracts import Options, Report
    from regulars.report.run import Goals

activate(preferred_language())

DEFAULT_HTML = Path("regulars-report.html")
WRONG_INPUT = 2
INTERRUPTED = 130


def report(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help=_("Files of orders: CSV, TSV, text, XLSX or Parquet, also gzipped.")),
    ],
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE=COLUMN,…",
            help=_(
                "Which column is what: customer, order, date, amount, quantity, price, product, currency, status, "
                "refunded; by name or 1-based position, as in customer=2,date=3,amount=5."
            ),
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(help=_("Write the report here. Without any output option: {path}.").format(path=DEFAULT_HTML)),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="PATH", help=_("Write the result as JSON here; - is the standard output."))
    ] = None,
    scores: Annotated[Path | None, typer.Option(help=_("Write one row per customer here, .csv or .parquet."))] = None,
    refused: Annotated[
        Path | None,
        typer.Option(help=_("Write refused rows with their reason here (.csv). Default: beside the first output.")),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help=_("The day on which the report stands. Default: the last day in the files.")),
    ] = None,
    train_until: Annotated[
        str | None, typer.Option(metavar="DATE", help=_("Predict from this day and compare with what then happened."))
    ] = None,
    horizon: Annotated[
        str | None,
        typer.Option(
            metavar="N[d|w|m]", help=_("How far to look ahead: 90d, 39w, 6m. Default: 13w, less for a short history.")
        ),
    ] = None,
    unit: Annotated[str, typer.Option(metavar="day|week", help=_("Unit of time of the models' parameters."))] = "week",
    grain: Annotated[
        str,
        typer.Option(
            metavar="day|week", help=_("What counts as one purchase: all orders of a customer's day, or of a week.")
        ),
    ] = "day",
    currency: Annotated[
        str | None,
        typer.Option(metavar="CODE", help=_("Currency of the amounts (ISO 4217); of several, the one to analyse.")),
    ] = None,
    margin: Annotated[
        str, typer.Option(metavar="SHARE", help=_("Share of revenue that is kept, for lifetime value: 0.35 or 35%."))
    ] = "1",
    zone: Annotated[str, typer.Option(help=_("Time zone of days, weeks and cohorts, as in Europe/Vienna."))] = "UTC",
    engine: Annotated[str, typer.Option(metavar="duckdb|spark", help=_("What computes."))] = "duckdb",
    delimiter: Annotated[
        str | None, typer.Option(help=_("Separator of columns; \\t is a tab, a blank any white space."))
    ] = None,
    encoding: Annotated[str | None, typer.Option(help=_("Encoding of text files."))] = None,
    decimal: Annotated[str | None, typer.Option(metavar=".|,", help=_("Decimal mark."))] = None,
    date_order: Annotated[
        str | None, typer.Option(metavar="ymd|dmy|mdy", help=_("Order of day, month and year."))
    ] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help=_("Whether the first row names the columns."))
    ] = None,
    title: Annotated[str | None, typer.Option(help=_("Title of the report. Default: the first file's name."))] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="|".join(LANGUAGES), help=_("Language of the report. Default: the environment's.")),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help=_("Print nothing but errors."))] = False,
) -> None:
    """Tell from orders who the customers are, who is leaving, what each is worth, and what to do first."""
    with _explained():
        if language:
            _set_language(language)
        if engine not in ("duckdb", "spark"):
            refuse(_("--engine is duckdb or spark, not {value}."), engine)
        if json is not None and not json.strip():
            refuse(_("--json takes a path, or - for the standard output, not {value}."), repr(json))
        to_stdout = json == "-"
        wished = _goals(html, None if to_stdout else json, scores, refused, to_stdout=to_stdout)
        settings = _settings(columns, delimiter, encoding, decimal, date_order, header, currency, zone, as_of)
        options = _options(as_of, train_until, horizon, unit, grain, margin, zone, title)
        _run(files, settings, options, engine, wished, to_stdout=to_stdout, quiet=quiet or to_stdout)


def _run(
    files: list[Path],
    settings: Settings,
    options: Options,
    engine: str,
    goals: Goals,
    *,
    to_stdout: bool,
    quiet: bool,
) -> None:
    from regulars.faces.cli.progress import progress_bar
    from regulars.report.run import run

    with progress_bar(quiet=quiet) as progress:
        analysis = run(files, settings=settings, options=options, goals=goals, engine=engine, progress=progress)
    if to_stdout:
        from json import dumps

        from regulars.report.json_form import to_json

        _print_or_explain(dumps(to_json(analysis.report), indent=2, ensure_ascii=False, allow_nan=False))
    if not quiet:
        _tell(analysis.report)
        for path in (goals.html, goals.json, goals.scores, goals.refused):
            if path is not None and (path != goals.refused or analysis.report.data.refused):
                typer.echo(_("Written: {path}").format(path=path))


def _tell(report: Report) -> None:
    """Print what the report says first, and what a reader should know before trusting it."""
    from regulars.report.page.sentences import SILENT, headline, in_short
    from regulars.report.wording import say

    typer.echo(headline(report))
    for point in in_short(report):
        typer.echo(f"- {point.text}")
    for finding in report.findings:
        if finding.code != SILENT:  # The headline says it.
            typer.echo(f"- {say(finding, report.meta.currency)}")
    for layout in report.data.layouts:
        for note in layout.notes:
            typer.echo(f"- {layout.path.name}: {say(note)}")


def _print_or_explain(text: str) -> None:
    from regulars.report.outputs import OutputImpossible

    try:
        typer.echo(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputImpossible(
            _("The standard output cannot be written to: {why}.").format(why=error.strerror)
        ) from error


def _set_language(value: str) -> None:
    if value not in LANGUAGES:
        refuse(_("--language is one of {choices}, not {value}."), value, choices=", ".join(LANGUAGES))
    activate(value)


def _goals(html: Path | None, json: str | None, scores: Path | None, refused: Path | None, *, to_stdout: bool) -> Goals:
    from regulars.report.run import Goals

    json_path = Path(json) if json else None
    if not any((html, json_path, scores, refused, to_stdout)):
        html = DEFAULT_HTML
    first = html or json_path or scores
    if refused is None and first is not None:
        refused = first.with_name(f"{first.stem}-refused.csv")
    return Goals(html=html, json=json_path, scores=scores, refused=refused)


def _settings(
    columns: str | None,
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    date_order: str | None,
    header: bool | None,
    currency: str | None,
    zone: str,
    as_of: str | None,
) -> Settings:
    from regulars.intake.contracts import Settings
    from regulars.kit.money import is_currency

    if currency is not None and not is_currency(currency.upper()):
        refuse(_("--currency takes an ISO 4217 code such as EUR, not {value}."), currency)
    if decimal not in (None, ".", ","):
        refuse(_("--decimal is . or , and not {value}."), decimal)
    if date_order not in (None, "ymd", "dmy", "mdy"):
        refuse(_("--date-order is ymd, dmy or mdy, not {value}."), date_order)
    zone = _known_zone(zone)
    today = datetime.now(ZoneInfo(zone)).date()
    return Settings(
        columns=_parse_columns(columns) if columns else {},
        delimiter=delimiter.replace("\\t", "\t") if delimiter else None,
        encoding=_known_encoding(encoding),
        decimal=decimal,
        date_order=date_order,
        header=header,
        currency=currency.upper() if currency else None,
        zone=zone,
        as_of=_known_day("--as-of", as_of, today),
        today=today,
    )


def _parse_columns(text: str) -> dict[Role, str]:
    from regulars.intake.contracts import Role

    columns: dict[Role, str] = {}
    for part in text.split(","):
        role, equals, column = part.partition("=")
        if not equals or not column.strip() or role.strip().lower() not in set(Role):
            refuse(
                _("--columns takes ROLE=COLUMN,… with the roles {choices}; {value} is not understood."),
                part,
                choices=", ".join(Role),
            )
        if Role(role.strip().lower()) in columns:
            refuse(_("--columns names a role twice: {value}."), part)
        columns[Role(role.strip().lower())] = column.strip()
    return columns


def _options(
    as_of: str | None,
    train_until: str | None,
    horizon: str | None,
    unit: str,
    grain: str,
    margin: str,
    zone: str,
    title: str | None,
) -> Options:
    from regulars.report.contracts import Options

    return Options(
        as_of=parse_day("--as-of", as_of),
        train_until=parse_day("--train-until", train_until),
        horizon_days=parse_horizon(horizon) if horizon else None,
        unit=day_or_week("--unit", unit),
        grain=day_or_week("--grain", grain),
        margin=parse_share(margin),
        zone=zone,
        title=title,
    )


def _known_day(name: str, text: str | None, today: date) -> date | None:
    day = parse_day(name, text)
    if day is not None and day > today:
        refuse(_("{name} is a day that has been, not {value}."), str(text), name=name)
    return day


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        refuse(_("--zone takes a name as Europe/Vienna, not {value}."), name)
    return name


def _known_encoding(name: str | None) -> str | None:
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        refuse(_("--encoding: {value} is not an encoding that we know."), name or "")


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn what the user can mend into one sentence and exit code 2, and an interruption into a quiet end."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except DomainError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(WRONG_INPUT) from None
    except (KeyboardInterrupt, RuntimeError) as error:
        # DuckDB turns an interruption of a query into an error of its own.
        if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
            raise
        typer.echo(_("Interrupted; nothing was written."), err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
