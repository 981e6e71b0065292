"""Content parts of messages and tool outputs, both ways (`getInputMessageContent`, `convertStructuredOutput...`).

A part's `providerData` is sent by the SDK in messages, but not in tool outputs; there it counts as the provider's own
only when it names the part's type, which is how `to_protocol` marks what it had to put there.
"""

import re
from typing import cast

from .item_shapes import JSON, ItemError, Json, entries, first, present, record, string, text, without

_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
_BREAKPOINT = {"mode": "explicit"}
_FILE_KEYS = ("file_id", "file_url", "file_data")


def input_part_to_wire(part: JSON, *, output: bool) -> Json:
    """Return an input part of a message, or of a tool output, in wire form."""
    members = record(part)
    kind = members.get("type")
    if kind == "audio" and not output:
        return _audio_to_wire(members)
    if kind not in ("input_text", "input_image", "input_file"):
        raise ItemError("content", f"the wire form knows no input part {kind!r}")
    provider = record(members.get("providerData"))
    if output and provider.get("type") != kind:
        provider = {}
    typed: Json = {"type": kind}
    if kind == "input_text":
        typed["text"] = text(members, "text")
    elif kind == "input_image":
        typed |= _image_to_wire(members, output)
    else:
        typed |= _file_to_wire(members, provider)
    typed |= present({"prompt_cache_breakpoint": members.get("promptCacheBreakpoint")})
    return {**typed, **without(provider, typed)}


def _image_to_wire(part: Json, output: bool) -> Json:
    image: JSON = first(part.get("image"), part.get("imageUrl"))
    found: Json = {}
    if isinstance(image, str):
        found["image_url"] = image
    elif string(record(image).get("id")) is not None:
        found["file_id"] = record(image)["id"]
    elif string(part.get("fileId")) is not None:
        found["file_id"] = part["fileId"]
    # The wire type requires a detail in messages; the SDK sends "auto" for none.
    return found | present({"detail": first(part.get("detail"), None if output else "auto")})


def _file_to_wire(part: Json, provider: Json) -> Json:
    file = part.get("file")
    found: Json = {}
    if isinstance(file, str):
        found[_file_key(file, provider)] = file
    elif string(record(file).get("id")) is not None:
        found["file_id"] = record(file)["id"]
    elif string(record(file).get("url")) is not None:
        found["file_url"] = record(file)["url"]
    for key, legacy in (("file_data", "fileData"), ("file_url", "fileUrl"), ("file_id", "fileId")):
        if string(part.get(legacy)) is not None:
            found[key] = part[legacy]
    return found | present({"filename": part.get("filename")})


def _file_key(file: str, provider: Json) -> str:
    """Tell what a bare string is: what `to_protocol` noted, else what the SDK takes it for."""
    for key in ("file_data", "file_url"):
        if provider.get(key) == file:
            return key
    trimmed = file.strip()
    if trimmed.startswith("data:"):
        return "file_data"
    if trimmed.startswith(("http://", "https://")):
        return "file_url"
    return "file_data" if _BASE64.fullmatch(trimmed) else "file_url"


def _audio_to_wire(part: Json) -> Json:
    """Return an audio part in the shape the SDK's Chat Completions converter sends."""
    provider = record(part.get("providerData"))
    audio = {"data": text(part, "audio"), **present({"format": part.get("format")})}
    extra = without(record(provider.get("input_audio")), audio)
    return {"type": "input_audio", "input_audio": {**audio, **extra}, **without(provider, ("type", "input_audio"))}


def input_part_to_protocol(part: JSON, *, output: bool) -> Json:
    """Return an input part of a message, or of a tool output, in protocol form."""
    members = record(part)
    kind = members.get("type")
    if kind == "input_audio" and not output:
        return _audio_to_protocol(members)
    if kind == "input_text":
        typed: Json = {"type": kind, "text": text(members, "text")}
        used = {"type", "text"}
    elif kind == "input_image":
        typed, used = _image_to_protocol(members, output)
    elif kind == "input_file":
        typed, used = _file_to_protocol(members)
    else:
        raise ItemError("content", f"JavaScript knows no input part {kind!r}")
    if members.get("prompt_cache_breakpoint") == _BREAKPOINT:
        typed["promptCacheBreakpoint"] = _BREAKPOINT
        used.add("prompt_cache_breakpoint")
    rest = without(members, used)
    if output and present(rest):
        rest["type"] = kind
    return {**typed, **({"providerData": rest} if present(rest) else {})}


def _image_to_protocol(part: Json, output: bool) -> tuple[Json, set[str]]:
    typed: Json = {"type": "input_image"}
    used = {"type"}
    if string(part.get("image_url")) is not None:
        typed["image"] = part["image_url"]
        used.add("image_url")
    elif string(part.get("file_id")) is not None:
        typed["image"] = {"id": part["file_id"]}
        used.add("file_id")
    if string(part.get("detail")) is not None:
        used.add("detail")
        if output or part["detail"] != "auto":
            typed["detail"] = part["detail"]
    return typed, used


def _file_to_protocol(part: Json) -> tuple[Json, set[str]]:
    typed: Json = {"type": "input_file"}
    used = {"type"}
    key = next((key for key in _FILE_KEYS if string(part.get(key)) is not None), None)
    if key is not None:
        typed["file"] = part[key] if key == "file_data" else {key.removeprefix("file_"): part[key]}
        # Data that looks like an address would come back as one, so the original key stays beside it.
        if key != "file_data" or _file_key(part[key], {}) == key:
            used.add(key)
    if string(part.get("filename")) is not None:
        typed["filename"] = part["filename"]
        used.add("filename")
    return typed, used


def _audio_to_protocol(part: Json) -> Json:
    audio = record(part.get("input_audio"))
    extra = without(audio, ("data", "format"))
    rest = without(part, ("type", "input_audio")) | ({"input_audio": extra} if extra else {})
    typed = {"type": "audio", "audio": text(audio, "data"), **present({"format": audio.get("format")})}
    return {**typed, **({"providerData": rest} if rest else {})}


def output_part_to_wire(part: JSON) -> Json:
    """Return a part of an assistant message in wire form (`getOutputMessageContent`)."""
    members = record(part)
    provider = record(members.get("providerData"))
    if members.get("type") == "output_text":
        annotations = provider.get("annotations")
        typed = {
            "type": "output_text",
            "text": text(members, "text"),
            "annotations": cast("list[JSON]", annotations) if isinstance(annotations, list) else [],
        }
    elif members.get("type") == "refusal":
        typed = {"type": "refusal", "refusal": text(members, "refusal")}
    else:
        raise ItemError("content", f"the wire form knows no assistant part {members.get('type')!r}")
    return {**typed, **without(provider, typed)}


def output_part_to_protocol(part: JSON) -> Json:
    """Return a part of an assistant message in protocol form (`convertToMessageContentItem`)."""
    members = record(part)
    key = {"output_text": "text", "refusal": "refusal"}.get(string(members.get("type")) or "")
    if key is None:
        raise ItemError("content", f"JavaScript knows no assistant part {members.get('type')!r}")
    rest = without(members, ("type", key))
    return {"type": members["type"], key: text(members, key), **({"providerData": rest} if rest else {})}


def system_text(parts: list[JSON]) -> str | None:
    """Join text parts as the SDK's Conversations session does; None if a part is no text."""
    texts = [string(record(part).get("text")) for part in parts]
    return None if None in texts else "\n".join(cast("list[str]", texts))


def tool_output_to_wire(output: JSON) -> str | list[Json]:
    """Return a function's output in wire form (`normalizeFunctionCallOutputForRequest`)."""
    if isinstance(output, str):
        return output
    if isinstance(output, list):
        return [input_part_to_wire(part, output=True) for part in cast("list[JSON]", output)]
    members = record(output)
    if members.get("type") == "text" and isinstance(members.get("text"), str):
        return cast("str", members["text"])
    if members.get("type") == "image":
        return [input_part_to_wire(_legacy_image(members), output=True)]
    if members.get("type") == "file":
        return [input_part_to_wire(_legacy_file(members), output=True)]
    raise ItemError("content", f"the wire form knows no tool output {members.get('type')!r}")


def tool_output_to_protocol(output: JSON) -> Json | list[Json]:
    """Return a function's output as the runner stores it (`getToolCallOutputItem`): text, or a list of parts."""
    if isinstance(output, str):
        return {"type": "text", "text": output}
    return [input_part_to_protocol(part, output=True) for part in entries(output, "function_call_output: 'output'")]


def _legacy_image(output: Json) -> Json:
    """Turn an old `{type: image}` output into a part (`convertLegacyToolOutputContent`)."""
    image = output.get("image")
    source = record(image)
    found: JSON = None
    if isinstance(image, str) and image:
        found = image
    elif string(source.get("url")):
        found = source["url"]
    elif isinstance(source.get("data"), str) and source["data"]:
        found = _inline(source["data"], _media_type(source) or _media_type(output))
    elif string(source.get("fileId") or source.get("id")):
        found = {"id": source.get("fileId") or source.get("id")}
    elif not source and string(output.get("imageUrl")):
        found = output["imageUrl"]
    elif not source and string(output.get("fileId")):
        found = {"id": output["fileId"]}
    elif not source and string(output.get("data")):
        found = _inline(output["data"], _media_type(output))
    return {"type": "input_image", **present({"image": found, "detail": output.get("detail")})}


def _legacy_file(output: Json) -> Json:
    """Turn an old `{type: file}` output into a part (`convertLegacyToolOutputContent`)."""
    file = output.get("file")
    source = record(file)
    found: JSON = None
    if isinstance(file, str) and file:
        found = file
    elif isinstance(source.get("data"), str) and source["data"]:
        found = _inline(source["data"], source.get("mediaType") or "text/plain")
    elif string(source.get("url")):
        found = {"url": source["url"]}
    elif string(source.get("id") or source.get("fileId")):
        found = {"id": source.get("id") or source.get("fileId")}
    if found is not None:
        return {"type": "input_file", "file": found, **present({"filename": source.get("filename") or None})}
    return _older_file(output)


def _older_file(output: Json) -> Json:
    """Turn a `{type: file}` output whose source stands beside the type into a part."""
    found: JSON = None
    if string(output.get("id") or output.get("fileId")):
        found = {"id": output.get("id") or output.get("fileId")}
    elif string(output.get("fileUrl")):
        found = {"url": output["fileUrl"]}
    elif string(output.get("fileData")):
        found = _inline(output["fileData"], output.get("mediaType") or "text/plain")
    return {"type": "input_file", **present({"file": found, "filename": output.get("filename") or None})}


def _media_type(members: Json) -> str | None:
    return string(members.get("mediaType") or members.get("mimeType"))


def _inline(data: str, media_type: str | None) -> str:
    """Return base64 data as a data URL where its type is known (`formatInlineData`)."""
    return f"data:{media_type};base64,{data}" if media_type and not data.startswith("data:") else data
