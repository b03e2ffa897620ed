"""Tags and filters of the pages: icons, states, times, digests, people, counts.

Every tag takes what a view may hold, None included, and never raises on it: a page that explains a problem
must not become one. Everything that came from outside is escaped. Load with `{% load gate %}`.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide

from insights.vocabulary import has_word, word_for

register = template.Library()

NOTHING = mark_safe('<span class="faint">–</span>')
_ICON_NAME = re.compile(r"[a-z0-9-]+")
# A short list for the zone field; any IANA name may be typed into it.
COMMON_ZONES = (
    *(
        "UTC",
        "Europe/London",
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Warsaw",
        "Europe/Athens",
    ),
    *("Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo"),
    *("Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "America/New_York", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles"),
)


@lru_cache(maxsize=512)
def _svg(name, label):
    """The SVG of one icon as text; a name that Lucide does not have gives the question mark."""
    if not _ICON_NAME.fullmatch(name):
        name = "circle-question-mark"
    spoken = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    try:
        return lucide(name, size=16, **{"class": "icon"}, **spoken)
    except IconDoesNotExist:
        return _svg("circle-question-mark", label)


@register.simple_tag
def icon(name, label=""):
    """An inline Lucide icon, hidden from screen readers unless `label` names it."""
    return _svg(str(name), str(label or ""))


@register.simple_tag
def status(state, kind="deployment", why=None, word="", size=""):
    """The badge of a state: icon, word, shape. `word` replaces the text (say "Unknown since 03:12")."""
    found = word_for(state, kind, why)
    return format_html(
        '<span class="badge" data-state="{}" data-kind="{}"{}>{}<span>{}</span></span>',
        state if has_word(state, kind) else "unknown",
        kind,
        format_html(' data-size="{}"', size) if size else "",
        icon(found.icon),
        word or found.text,
    )


@register.simple_tag
def state_word(state, kind="deployment", why=None):
    """Only the word of a state."""
    return word_for(state, kind, why).text


@register.simple_tag
def state_icon(state, kind="deployment", why=None):
    """Only the icon of a state, hidden from screen readers: the word must stand beside it."""
    return icon(word_for(state, kind, why).icon)


def _zone(context, zone):
    """The viewer's zone: the argument, else the page's `zone`, else the active one; else UTC."""
    name = str(zone or context.get("zone") or timezone.get_current_timezone_name())
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _aware(moment):
    """A datetime with an offset, or None. ISO text is read; a time without an offset is taken as UTC."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return None
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _now(context):
    """The time the page was made: the context's `now`, else the clock of this machine."""
    return _aware(context.get("now")) or timezone.now()


@register.simple_tag(takes_context=True)
def page_time(context):
    """When the page was made, for the script that keeps relative times true while the page stays open."""
    return _stamps(_now(context))[0]


def relative(moment, now):
    """`moment` against `now` in the words of a person: "4 m ago", "in 9 h 12 m", "just now"."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    text = duration(abs(seconds))
    return f"in {text}" if seconds > 0 else f"{text} ago"


def _stamps(moment):
    """The machine form of an instant, and the title that gives it in UTC."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ"), utc.strftime("%Y-%m-%d %H:%M:%S UTC")


def absolute(moment, zone, now):
    """An instant in the ZoneInfo `zone`: `Tue 24 Nov, 10:00 CET`; the year stands only where it is not this year."""
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # the last hours of the year 9999, east of Greenwich
        local = moment.astimezone(UTC)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M} {local:%Z}"


def _time(context, moment, zone, template_text):
    moment, now = _aware(moment), _now(context)
    if moment is None:
        return NOTHING
    machine, title = _stamps(moment)
    shown = absolute(moment, _zone(context, zone), now)
    return format_html(template_text, machine, title, shown, relative(moment, now))


@register.simple_tag(takes_context=True)
def when(context, moment, zone=None):
    """An instant: absolute in the viewer's zone (abbreviated), then relative; UTC in the title."""
    return _time(
        context,
        moment,
        zone,
        '<time class="when" datetime="{}" title="{}"><span class="nowrap">{}</span>'
        ' <span class="when-rel">(<span data-relative>{}</span>)</span></time>',
    )


@register.simple_tag(takes_context=True)
def until(context, moment, zone=None):
    """The same with "until" before it: how long something holds."""
    return _time(
        context,
        moment,
        zone,
        '<span>until <time class="when" datetime="{}" title="{}"><span class="nowrap">{}</span>'
        ' <span class="when-rel">(<span data-relative>{}</span>)</span></time></span>',
    )


@register.simple_tag(takes_context=True)
def at(context, moment, zone=None):
    """The absolute instant alone, for tables that are read line by line."""
    return _time(context, moment, zone, '<time class="when nowrap" datetime="{}" title="{}">{}</time>')


@register.simple_tag(takes_context=True)
def age(context, moment):
    """How long ago (or ahead), with the exact instant in the title."""
    moment, now = _aware(moment), _now(context)
    if moment is None:
        return NOTHING
    machine, title = _stamps(moment)
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}" data-relative>{}</time>',
        machine,
        title,
        relative(moment, now),
    )


@register.simple_tag
def digest(value, copy=True):
    """A digest cut short by the style sheet only: the whole text is there to select, find and print."""
    if not value:
        return NOTHING
    button = ""
    if copy:
        button = format_html(
            '<button type="button" class="copy" data-copy="{}" hidden>{}</button>',
            value,
            icon("copy", f"Copy {value}"),
        )
    return format_html(
        '<span class="digest-box"><code class="digest" tabindex="0" title="{}">{}</code>{}</span>',
        value,
        value,
        button,
    )


def _machine(tag):
    """What acts without a person: a part of ours, an application's CI, somebody who is not signed in."""
    kind, _, name = tag.partition(":")
    words = {"system": f"Release Gate ({name})", "application": f"CI of {name}", "anonymous": "not signed in"}
    return words.get(kind, tag)


@register.simple_tag(takes_context=True)
def person(context, username, name=""):
    """A person or a machine (`ci:payments`); whoever looks at the page is marked "you"."""
    if not username:
        return NOTHING
    username = str(username)
    me = context.get("me") or {}
    mine = username == (me.get("username") if isinstance(me, dict) else getattr(me, "username", None))
    face = icon("bot") if ":" in username else escape(username[:1].upper())
    name = name or _machine(username)
    return format_html(
        '<span class="person"{}><span class="avatar" aria-hidden="true">{}</span><span>{}</span>{}</span>',
        format_html(' title="{}"', username) if ":" in username else "",
        face,
        name or username,
        mark_safe('<span class="person-you">(you)</span>') if mine else "",
    )


@register.simple_tag(name="duration")
def duration_tag(seconds):
    """A length of time in at most two units: "6 m 12 s"; a dash where there is none."""
    return NOTHING if seconds is None else duration(seconds)


def duration(seconds):
    """Seconds (a number, or a timedelta) as "42 s", "6 m 12 s", "9 h 12 m", "2 d 4 h"; below zero is zero."""
    seconds = max(0, int(getattr(seconds, "total_seconds", lambda: seconds)()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))]
    first = next((i for i, part in enumerate(parts) if part[0] != "0"), 3)
    return " ".join(part for part in parts[first : first + 2] if not part.startswith("0 ")) or "0 s"


@register.simple_tag
def count(number, noun, plural=""):
    """`count 1 "commit"` is "1 commit", 14 is "14 commits", 0 is "no commits"."""
    number = int(number or 0)
    text = noun if number == 1 else plural or f"{noun}s"
    return f"no {text}" if number == 0 else f"{number:,} {text}"


@register.simple_tag
def common_zones():
    """Names of time zones to offer in a field that takes any."""
    return COMMON_ZONES


@register.filter
def change_of(change):
    """A line of a change set -> the word its sign and colour follow: add, remove, modify, replace, same.

    `Replacement` is True, False or Conditional in CloudFormation's DescribeChangeSet; what may be replaced
    is shown as replaced, because a person must look at it. `change` is a mapping or an object with these
    names.
    """
    read = change.get if hasattr(change, "get") else lambda name, default: getattr(change, name, default)
    action = str(read("action", "")).lower()
    if action == "modify" and str(read("replacement", "")).lower() in {"true", "conditional"}:
        return "replace"
    known = {"add": "add", "import": "add", "remove": "remove", "modify": "modify", "dynamic": "modify"}
    return known.get(action, "same")


@register.filter
def sign_of(change):
    """`add` -> "+", `remove` -> "−", `replace` -> "±", `modify` -> "~", anything else "="."""
    return {"add": "+", "remove": "−", "replace": "±", "modify": "~"}.get(change, "=")


@register.filter
def short(value, length=8):
    """The first characters of a commit or digest, its algorithm's prefix dropped."""
    return str(value or "").rpartition(":")[2][: int(length)]
