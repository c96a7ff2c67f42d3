"""Reference pages of the protocol files, from their compiled image: comments, fields, and the rules on them.

One page per file, in the files' own order. What a rule means is its own words where it has a message, else its name and
value as the file has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message
from jinja2 import Environment, StrictUndefined

from hotline.v1._validate import validate_pb2

TEMPLATE = """\
# {{ name }}

{{ comment }}
{% for service in services %}
## service {{ service.name }}

{{ service.comment }}

| Call | Takes | Gives | |
| --- | --- | --- | --- |
{% for call in service.calls -%}
| `{{ call.name }}` | {{ call.takes }} | {{ call.gives }} | {{ call.comment }} |
{% endfor -%}
{% endfor -%}
{% for message in messages %}
## {{ message.title }}

{{ message.comment }}
{% for rule in message.rules %}
- Rule `{{ rule.id }}`: {{ rule.words }}
{%- endfor %}
{% if message.fields %}
| Field | No. | Type | Meaning | Rules |
| --- | --- | --- | --- | --- |
{% for field in message.fields -%}
| `{{ field.name }}` | {{ field.number }} | {{ field.type }} | {{ field.comment }} | {{ field.rules }} |
{% endfor -%}
{% endif -%}
{% endfor -%}
{% for enum in enums %}
## enum {{ enum.title }}

{{ enum.comment }}

| Value | No. | Meaning |
| --- | --- | --- |
{% for value in enum.rows -%}
| `{{ value.name }}` | {{ value.number }} | {{ value.comment }} |
{% endfor -%}
{% endfor %}
"""

_PAGE = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True).from_string(TEMPLATE)
_SCALARS = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}

# Field numbers inside FileDescriptorProto, DescriptorProto, EnumDescriptorProto and ServiceDescriptorProto.
_MESSAGE, _ENUM, _SERVICE, _FIELD, _NESTED, _NESTED_ENUM, _VALUE, _METHOD, _SYNTAX = 4, 5, 6, 2, 3, 4, 2, 2, 12


def page(file: FileDescriptorProto) -> str:
    """One file as MyST Markdown."""
    return _PAGE.render(_File(file).content())


def index(files: list[FileDescriptorProto]) -> str:
    """The page that lists the files."""
    rows = "\n".join(
        f"| [{_stem(file)}]({_stem(file)}.md) | {_line(_File(file).comment((_SYNTAX,)))} |" for file in files
    )
    names = "\n".join(_stem(file) for file in files)
    return (
        "# Protocol files\n\nThe messages of the standard, with the rules on their fields. The files in `proto/` are "
        f"the source; `proto/` alone is enough for another language.\n\n| File | Holds |\n| --- | --- |\n{rows}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def write(files: list[FileDescriptorProto], folder: Path) -> None:
    """Write the index and a page for each file of the standard."""
    ours = [file for file in files if file.package == "hotline.v1"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.md").write_text(index(ours), encoding="utf-8")
    for file in ours:
        (folder / f"{_stem(file)}.md").write_text(page(file), encoding="utf-8")


class _File:
    """Walks one file with the comments that stand above each element."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._file = file
        self._comments = {tuple(spot.path): spot for spot in file.source_code_info.location}

    def comment(self, path: tuple[int, ...]) -> str:
        """The comment above the element at a path; at the file's head the one before `syntax`."""
        spot = self._comments.get(path)
        return " ".join(line.strip() for line in spot.leading_comments.splitlines()).strip() if spot else ""

    def content(self) -> dict[str, object]:
        """What the template needs."""
        enums = [*self._enums(self._file.enum_type, (), _ENUM, "")]
        messages = []
        for number, message in enumerate(self._file.message_type):
            messages += list(self._message(message, (_MESSAGE, number), ""))
            enums += list(self._enums(message.enum_type, (_MESSAGE, number), _NESTED_ENUM, f"{message.name}."))
        return {
            "name": self._file.name.removeprefix("hotline/v1/"),
            "comment": self.comment((_SYNTAX,)),
            "services": list(self._services()),
            "messages": messages,
            "enums": enums,
        }

    def _services(self) -> Iterator[dict[str, object]]:
        for number, service in enumerate(self._file.service):
            path = (_SERVICE, number)
            calls = [
                {
                    "name": call.name,
                    "takes": _stream(call.client_streaming, call.input_type),
                    "gives": _stream(call.server_streaming, call.output_type),
                    "comment": _line(self.comment((*path, _METHOD, at))),
                }
                for at, call in enumerate(service.method)
            ]
            yield {"name": service.name, "comment": self.comment(path), "calls": calls}

    def _message(self, message: DescriptorProto, path: tuple[int, ...], outer: str) -> Iterator[dict[str, object]]:
        fields = [
            {
                "name": field.name,
                "number": field.number,
                "type": _type_of(field),
                "comment": _line(self.comment((*path, _FIELD, at))),
                "rules": _line(", ".join(_field_rules(field))),
            }
            for at, field in enumerate(message.field)
        ]
        rules = [
            {"id": rule.id, "words": rule.message} for rule in message.options.Extensions[validate_pb2.message].cel
        ]
        title = outer + message.name
        yield {"title": title, "comment": self.comment(path), "rules": rules, "fields": fields}
        for number, nested in enumerate(message.nested_type):
            yield from self._message(nested, (*path, _NESTED, number), f"{title}.")

    def _enums(
        self, enums: Iterable[EnumDescriptorProto], path: tuple[int, ...], kind: int, outer: str
    ) -> Iterator[dict[str, object]]:
        for number, enum in enumerate(enums):
            place = (*path, kind, number)
            values = [
                {"name": value.name, "number": value.number, "comment": _line(self.comment((*place, _VALUE, at)))}
                for at, value in enumerate(enum.value)
            ]
            yield {"title": outer + enum.name, "comment": self.comment(place), "rows": values}


def _stem(file: FileDescriptorProto) -> str:
    return Path(file.name).stem


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _short(name: str) -> str:
    return name.removeprefix(".hotline.v1.").removeprefix(".")


def _stream(streaming: bool, name: str) -> str:
    return ("stream of " if streaming else "") + f"`{_short(name)}`"


def _type_of(field: FieldDescriptorProto) -> str:
    name = f"`{_short(field.type_name)}`" if field.type_name else f"`{_SCALARS[field.type]}`"
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def _field_rules(field: FieldDescriptorProto) -> Iterator[str]:
    rules = field.options.Extensions[validate_pb2.field]
    yield from (rule.message for rule in rules.cel)
    if rules.required:
        yield "required"
    for kind, value in rules.ListFields():
        if isinstance(value, Message) and kind.name != "cel":
            yield from _constraints(value)


def _constraints(rules: Message) -> Iterator[str]:
    """Names and values, as the file has them."""
    for field, value in rules.ListFields():
        if field.name == "items":
            inner = [
                f"each {rule}"
                for kind, kept in value.ListFields()
                if isinstance(kept, Message)
                for rule in _constraints(kept)
            ]
            yield from inner
        elif field.name == "defined_only":
            yield "a value of the list"
        elif field.is_repeated:
            yield f"{field.name} {', '.join(map(str, value))}"
        elif isinstance(value, Message):
            yield f"{field.name} {_seconds(value)}"
        else:
            yield field.name if value is True else f"{field.name} `{value}`"


def _seconds(value: Message) -> str:
    seconds = getattr(value, "seconds", None)
    return f"{seconds} s" if seconds is not None else str(value).strip()
