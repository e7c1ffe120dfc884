"""Alerts on calls that do not come: no answer is missed then, and the service level looks perfect.

How many were to be expected is read from the line's own past. It refuses to know opening hours:
nobody tells them yet.
"""

from __future__ import annotations

from dashboards.alert import QUEUE, SITE, WHOLE, Alert, Visits, Words
from dashboards.reading import picked
from dashboards.recorded import DAY_BEFORE, GAPS_MIN, PROFILE_MIN, WEEK_BEFORE, before, offered

# Between two of calls that come by chance, a gap of eleven mean gaps comes once in 60,000.
GAPS = 11
RECENT_MIN = 120
# First contacts are judged by the week before alone, so twice as much must be missing.
FIRST = 2 * GAPS
LADDER = ", ".join(map(str, GAPS_MIN))
STILL_NONE = Words("仍无来电", "still none")


def _of(series: str, place: tuple[str, ...]) -> str:
    """A queue's series, or the sum over a site's queues."""
    return series if "queue" in place else f"sum by ({', '.join(place)}) ({series})"


def _expected(minutes: int, place: tuple[str, ...]) -> str:
    """The lower of what the two hours before and the same hour of the past lead to expect."""
    recent = f"{_of(before(minutes), place)} * {minutes} / {RECENT_MIN}"
    past = offered(PROFILE_MIN)
    week, day = (_of(f"{past} offset {ago}", place) for ago in (WEEK_BEFORE, DAY_BEFORE))
    profile = f"({week} or {day}) * {minutes} / {PROFILE_MIN}"
    return f"(({profile}) < ({recent}) or ({recent}))"


def _none_came(alert: str, place: tuple[str, ...]) -> str:
    """The expected number, where none came; once on, it stays on until a contact comes."""
    branches = [
        f"({_expected(minutes, place)} >= {GAPS} and {_of(offered(minutes), place)} == 0)"
        for minutes in GAPS_MIN
    ]
    on = picked("ALERTS", ("alertname", "=", alert), ("alertstate", "=", "firing"))
    silent = f"{_of(offered(GAPS_MIN[0]), place)} == 0"
    return " or ".join([*branches, f"(max by ({', '.join(place)}) ({on}) and {silent})"])


def _condition(what: Words) -> Words:
    return Words(
        f"{what.zh}在最近 {LADDER} 分钟中任一时段内无来电, 而预计至少 {GAPS} 个; "
        "预计取较低者: 此前两小时, 或一周前 (无则一天前) 同一小时",
        f"no contact {what.en} in one of the last {LADDER} minutes in which at least {GAPS} were "
        "expected by the lower of the two hours before that and the same hour a week ago (a day "
        "ago where nothing is older)",
    )


def _silent(name: str, place: tuple[str, ...], what: Words, summary: Words, action: Words) -> Alert:
    number = '{{ if ge $value 11.0 }}{{ $value | printf "%.0f" }}{{ else }}%s{{ end }}'
    return Alert(
        name=name,
        expression=_none_came(name, place),
        severity="critical",
        domain="service",
        team="oncall",
        condition=_condition(what),
        summary=summary,
        description=Words(
            "来电 <value>, 同期预计 <target>。", "Contacts: <value>; expected by now: <target>."
        ),
        action=action,
        wait="1m",
        place=place,
        evidence={"value": "0", "target": number.replace("%s", STILL_NONE.line())},
        visits=Visits("offered", "60m"),
    )


CONTACTS = (
    _silent(
        "HotlineNoContacts",
        QUEUE,
        Words("该队列", "for the queue"),
        Words("队列无来电", "No contact reaches the queue"),
        Words(
            "拨打该号码试呼, 检查按键菜单与路由", "Call the number yourself; check menu and routing"
        ),
    ),
    _silent(
        "HotlineTrunkDead",
        SITE,
        Words("该站点各队列", "for any queue of the site"),
        Words("整个站点无来电, 中继可能中断", "No contact reaches the site: a dead trunk?"),
        Words("从外部拨打试呼, 联系运营商", "Call in from outside; ring the carrier"),
    ),
    Alert(
        name="HotlineNoFirstContacts",
        expression=f"({_of(offered(PROFILE_MIN) + ' offset 168h', SITE)} or "
        f"{_of(offered(PROFILE_MIN) + ' offset 24h', SITE)}) >= {FIRST} "
        f"and {_of(offered(PROFILE_MIN), SITE)} == 0",
        severity="warning",
        domain="service",
        team="oncall",
        condition=Words(
            f"该站点一小时内无来电, 而一周前 (无则一天前) 同一小时至少 {FIRST} 个; 节假日也会触发",
            f"no contact for any queue of the site in an hour in which at least {FIRST} came a "
            "week ago (a day ago where nothing is older); a holiday fires it too",
        ),
        summary=Words("今日尚无来电", "No contact yet where there should be"),
        description=Words(
            "近一小时来电 <value>, 一周前同一小时 <target>。",
            "Contacts in the last hour: <value>; in the same hour a week ago: <target>.",
        ),
        action=Words(
            "确认今日是否营业; 若营业, 从外部拨打试呼",
            "Is the line open today? If so, call in from outside",
        ),
        wait="5m",
        keep="5m",
        place=SITE,
        evidence={"value": "0", "target": WHOLE},
        visits=Visits("offered", "60m"),
    ),
)
