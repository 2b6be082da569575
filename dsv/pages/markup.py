"""HTML that is escaped by construction: a text becomes markup through `el` only."""

from __future__ import annotations

import html

from dsv.delta.values import visible

VOID = frozenset({"br", "img", "input", "meta", "rect", "image"})
Attribute = str | int | float | bool | None


class Html(str):
    """Markup. Everything else is text and is escaped."""

    __slots__ = ()


def text(value: object) -> Html:
    """The text as markup; control characters, halves of characters and turns of direction are shown as escapes."""
    return Html("\n".join(html.escape(visible(line)) for line in str(value).split("\n")))


def el(name: str, *children: object, **attributes: Attribute) -> Html:
    """An element. `class_` and `aria_label` are the attributes class and aria-label; None is left out, True is bare."""
    shown = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{shown}>" if name not in ("rect", "image") else f"<{name}{shown}/>")
    return Html(f"<{name}{shown}>{join(children)}</{name}>")


def join(children: object) -> Html:
    """Children, one after the other; None is nothing, lists are taken apart."""
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, (list, tuple)):
        return Html("".join(join(child) for child in children))
    return text(children)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(value)}"'
