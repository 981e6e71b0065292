"""Items of the JavaScript SDK's protocol and of the Responses wire, each as the other (state.md, items.md)."""

from collections.abc import Mapping

from .item_shapes import JSON, ItemError
from .item_to_protocol import Names, to_approval, to_protocol
from .item_to_wire import to_wire

__all__ = ["ItemError", "Names", "restorable", "to_approval", "to_protocol", "to_wire"]


def restorable(item: Mapping[str, JSON], *, names: Names | None = None) -> bool:
    """Tell whether a protocol item comes back unchanged from the wire; if not, the caller keeps the original beside."""
    try:
        return to_protocol(to_wire(item), names=names) == item
    except ItemError:
        return False
