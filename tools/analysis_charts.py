"""The charts of analyses/, as SVG without a script or an address; made here, with no network."""

import altair as alt
import vl_convert

BLUE, ORANGE = "#0072B2", "#D55E00"
AGES = ["not born", "0-6", "7-17", "18-24", "25-64", "65-74", "75-84", "85+"]
# One label a year.
YEARS = alt.Axis(
    title="Quarter (the first of each year has its name)",
    labelExpr="slice(datum.value, 4) == 'Q1' ? slice(datum.value, 0, 4) : ''",
    labelAngle=0,
    ticks=False,
)


def svg(name: str, rows: list[dict]) -> str | None:
    """The chart of the analysis, or None where there is none to draw."""
    if name not in CHARTS or not rows:
        return None
    chart = CHARTS[name](rows).configure_view(stroke="#cccccc").configure(font="sans-serif")
    chart = chart.configure_header(labelFontSize=11, labelLimit=220, title=None)
    return vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])


def data(rows: list[dict]) -> alt.Chart:
    """A chart of the rows as they are; small multiples need a name for each task."""
    named = [row | {"service_task": row.get("service_task") or "no name"} for row in rows]
    return alt.Chart(alt.Data(values=named))


def by_task(chart: alt.Chart, columns: int = 3) -> alt.FacetChart:
    """A small picture for each service task, all on one scale."""
    return chart.properties(width=200, height=110).facet(
        facet=alt.Facet("service_task:N"), columns=columns
    )


def clients_by_task_and_age(rows: list[dict]) -> alt.Chart:
    """Areas on each other, dark for the young."""
    shown = [age for age in AGES if age in {row["age_group"] for row in rows}]
    numbered = [row | {"order": AGES.index(row["age_group"])} for row in rows]
    ages = alt.Color("age_group:N", title="Age", sort=shown)
    return by_task(
        data(numbered)
        .mark_area()
        .encode(
            x=alt.X("follow_up_period:O", axis=YEARS),
            y=alt.Y("clients:Q", title="Clients"),
            color=ages.scale(domain=shown, scheme="viridis"),
            order=alt.Order("order:Q"),
        )
    ).properties(title="Clients of each service task by age, quarter by quarter")


def new_and_ended(rows: list[dict]) -> alt.Chart:
    """Two lines, told apart by colour and by dashes."""
    kinds = ["started", "ended"]
    folded = data(rows).transform_fold(kinds, as_=["what", "periods"])
    return by_task(
        folded.mark_line().encode(
            x=alt.X("follow_up_period:O", axis=YEARS),
            y=alt.Y("periods:Q", title="Client relationships"),
            color=alt.Color("what:N", title=None).scale(domain=kinds, range=[BLUE, ORANGE]),
            strokeDash=alt.StrokeDash("what:N", title=None).scale(
                domain=kinds, range=[[1, 0], [4, 3]]
            ),
        )
    ).properties(title="Client relationships that began and that ended, quarter by quarter")


def how_long_periods_last(rows: list[dict]) -> alt.Chart:
    """The survival curve of each task, with a line at one half."""
    curves = data(rows)
    steps = curves.mark_line(interpolate="step-after", color=BLUE).encode(
        x=alt.X("years:Q", title="Years since the start"),
        y=alt.Y("share_going_on:Q", title="Share that goes on")
        .scale(domain=[0, 1])
        .axis(format="%", tickCount=5),
    )
    half = curves.mark_rule(color="#666666", strokeDash=[3, 3]).encode(y=alt.datum(0.5))
    return by_task(alt.layer(steps, half)).properties(
        title="Share of client relationship periods that last longer; dashed: one half"
    )


def several_tasks_at_once(rows: list[dict]) -> alt.Chart:
    """The pairs of the last quarter, each with its number."""
    last = max(row["follow_up_period"] for row in rows)
    pairs = [row | {"other_task": row["other_task"] or "no name"} for row in rows]
    base = data([row for row in pairs if row["follow_up_period"] == last]).encode(
        x=alt.X("other_task:N", title=None, axis=alt.Axis(labelAngle=-35, labelLimit=260)),
        y=alt.Y("service_task:N", title=None, axis=alt.Axis(labelLimit=260)),
    )
    most = max(row["persons"] for row in pairs if row["follow_up_period"] == last)
    boxes = base.mark_rect().encode(
        color=alt.Color("persons:Q", title="Persons").scale(scheme="blues", domainMin=0)
    )
    numbers = base.mark_text().encode(
        text="persons:Q",
        color=alt.condition(f"datum.persons > {most / 2}", alt.value("white"), alt.value("black")),
    )
    return alt.layer(boxes, numbers).properties(
        width=320, height=260, title=f"Persons with two service tasks on the last day of {last}"
    )


def first_decision_to_first_service(rows: list[dict]) -> alt.Chart:
    """A bar to the median, a stroke where nine in ten have been reached."""
    known = [
        row | {"social_service": row["social_service"] or row["social_service_code"]}
        for row in rows
        if row["median_days"] is not None
    ]
    base = data(known).encode(
        y=alt.Y("social_service:N", title=None, sort="x", axis=alt.Axis(labelLimit=300))
    )
    bars = base.mark_bar(color=BLUE).encode(
        x=alt.X("median_days:Q", title="Days from first decision to first service")
    )
    strokes = base.mark_tick(color=ORANGE, thickness=3).encode(x="days_of_nine_in_ten:Q")
    return alt.layer(bars, strokes).properties(
        width=420, title="Half of the persons waited no longer than the bar, nine in ten the stroke"
    )


CHARTS = {
    chart.__name__: chart
    for chart in (
        clients_by_task_and_age,
        new_and_ended,
        how_long_periods_last,
        several_tasks_at_once,
        first_decision_to_first_service,
    )
}
