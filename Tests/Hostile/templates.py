"""Attacks on chat templates: programs of strangers, which may compute and keep much, nest, or name huge numbers."""

from inputs import MEGABYTE, ROOT, Attack, memory_attack, two_spellings, writes, writes_with_model


def grown(first, step, times, use):
    """Returns a template that takes a step again and again from a first value of `n.x`, and uses what came."""
    return (f"{{% set n = namespace(x={first}) %}}{{% for i in range({times}) %}}{{% set n.x = {step} %}}"
            f"{{% endfor %}}{use}")


def shared(length, times, use, first="[s]"):
    """Returns a template that uses a list of one long text, which stands there 2^times times."""
    return f"{{% set s = 'a' * {length} %}}" + grown(first, "n.x + n.x", times, use)


VALUES = {
    "long values": "{% set x = 'a' * 10000000 %}{{ x }}{{ x }}{{ x }}",
    "doubled": grown("'aa'", "n.x ~ n.x", 60, "{{ n.x }}"),
    "doubled lists": grown("[1]", "n.x + n.x", 60, "{{ n.x }}"),
    "shared lists": grown("[1]", "[n.x, n.x]", 45, "{{ n.x }}"),
    "shared lists as JSON": grown(
        "[1]", "[n.x, n.x]", 18, "{% for i in range(1000) %}{{ n.x | tojson | length }}{% endfor %}"),
    "shared texts": shared(1000000, 16, "{{ n.x | join('') | length }}"),
    "shared texts printed": shared(1000000, 16, "{{ (n.x ~ '') | length }}"),
    "shared texts as JSON": shared(1000000, 16, "{{ n.x | tojson | length }}"),
    "shared texts equal": shared(1000000, 16, "{{ n.x == n.x }}"),
    "shared texts sorted": shared(100000, 12, "{{ n.x | sort | length }}"),
    "shared texts counted": shared(1000000, 16, "{{ n.x.count(s ~ 'b') }}"),
    "shared texts unique": "{% set s = 'a' * 3000 %}" + grown(
        "[]", "n.x + [s ~ i]", 1000, "{{ n.x | unique | list | length }}"),
    "shared texts upper": shared(1000000, 16, "{{ n.x | map('upper') | list | length }}"),
    "shared texts summed": shared(100000, 12, "{{ n.x | sum | length }}", first="[[s]]"),
    "many values": "".join(f"{{% set x{index} = 'a' * 200000 %}}" for index in range(2500)),
    "many ranges": "".join(f"{{% set x{index} = range(100000) %}}" for index in range(2500)),
    "sum of itself": "{% set n = namespace() %}{% set n.a = n %}{{ n }}{{ n.a.a.a.a == n }}{{ n | tojson }}",
}

WORK = {
    "replaced": "{{ ('a' * 100000).replace('a', 'b' * 100000) | length }}",
    "replaced by the filter": "{{ ('a' * 100000) | replace('a', 'b' * 100000) | length }}",
    "replaced nothing": "{{ ('a' * 100000).replace('', 'b' * 100000) | length }}",
    "searched": "{{ ('a' * 200000).find('a' * 100000 ~ 'b') }}",
    "searched by in": "{{ ('a' * 100000 ~ 'b') in ('a' * 200000) }}",
    "searched and counted": "{{ ('a' * 200000).count('a' * 100000 ~ 'b') }}",
    "split by much": "{{ ('a' * 200000).split('a' * 100000 ~ 'b') | length }}",
    "split": "{{ (',' * 10000000).split(',') | length }}",
    "split lines": "{{ ('\n' * 10000000).splitlines() | length }}",
    "characters": "{% for c in 'a' * 10000000 %}{% endfor %}",
    "characters listed": "{{ 'a' * 10000000 | list | length }}{{ ('a' * 10000000) | list | length }}",
    "joined": "{{ ('a' * 100000) | join('b' * 100000) | length }}",
    "joined by the method": "{{ ('b' * 100000).join(['a'] * 1) }}{{ ('b' * 10000).join('a' * 100000) | length }}",
    "indented": "{{ ('\n' * 100000) | indent(1000) | length }}",
    "indented JSON": grown("[1]", "n.x + n.x", 17, "{{ n.x | tojson(indent=100) | length }}"),
    "separated JSON": "{{ range(100000) | list | tojson(separators=('a' * 100000, 'b')) | length }}",
    "sliced": "{% for i in range(90000) %}{{ ('a' * 1000)[::1] }}{% endfor %}",
    "nested loops": "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x"
                    + "{% endfor %}" * 3,
    "macros that call": "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "macros in turn": "{% macro f(n) %}{{ g(n) }}{% endmacro %}{% macro g(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "dates": "{{ strftime_now('%Y' * 100000) | length }}",
    "many messages": "{% for a in range(300) %}{% for m in messages %}{{ m.content }}{% endfor %}{% endfor %}",
    "sorted without order": "{{ [1, 0 / 1, 'a'] | sort }}",
    "terminal": "{{ raise_exception('\x1b[31m\u009b') }}",
    "long error": "{{ raise_exception('a' * 5000000) }}",
}

NESTING = {
    "nested brackets": "{{ " + "(" * 40_000 + "1" + ")" * 40_000 + " }}",
    "nested lists": "{{ " + "[" * 40_000 + "]" * 40_000 + " }}",
    "nots": "{{ " + "not " * 20_000 + "1 }}",
    "minus": "{{ " + "-" * 90_000 + "1 }}",
    "sums": "{{ 1" + "+1" * 45_000 + " }}",
    "tildes": "{{ 'a'" + "~'a'" * 20_000 + " }}",
    "attributes": "{{ a" + ".a" * 45_000 + " }}",
    "filters": "{{ 'a'" + "|trim" * 18_000 + " }}",
    "calls": "{{ a" + "()" * 45_000 + " }}",
    "items": "{{ a" + "[0]" * 30_000 + " }}",
    "conditions": "{{ " + "1 if 1 else " * 8_000 + "1 }}",
    "comparisons": "{{ 1" + " < 2" * 20_000 + " }}",
    "powers": "{{ 2" + " ** 2" * 15_000 + " }}",
    "ifs": "{% if 1 %}" * 9_000 + "{% endif %}" * 9_000,
    "elifs": "{% if 0 %}" + "{% elif 0 %}" * 8_000 + "{% endif %}",
    "loops never ended": "{% for a in b %}" * 6_000,
    "open blocks": "{%" * 50_000,
    "open outputs": "{{" * 50_000,
    "open comments": "{#" * 50_000,
    "comments": "{##}" * 25_000,
    "minus signs": "{{-'a'-}} \n" * 9_000,
    "quotes": "{{ '" + "\\'" * 40_000,
    "names": "{{ " + "a" * 90_000 + " }}",
}

# The greatest integer and, as Python has no sign for it, the least.
GREATEST, LEAST = "9223372036854775807", "-9223372036854775807 - 1"
NUMBERS = {
    "huge numbers": "{{ " + "9" * 90_000 + " }}",
    "huge powers": "{{ 9 ** 9 ** 9 ** 9 }}",
    "huge range": f"{{{{ range({GREATEST}) | list }}}}",
    "huge step": f"{{{{ range(0, 10, {LEAST}) | list }}}}{{{{ 'abc'[::{LEAST}] }}}}",
    "least number": f"{{{{ ({LEAST}) // -1 }}}}{{{{ ({LEAST}) | abs }}}}",
    "least modulo": f"{{{{ ({LEAST}) % -1 }}}}",
    "least modulo of a test": f"{{{{ ({LEAST}) is divisibleby(-1) }}}}",
    "huge index": f"{{{{ 'abc'[{GREATEST}] }}}}{{{{ 'abc'[-{GREATEST}] }}}}{{{{ [1][{LEAST}] }}}}",
    "huge slice": f"{{{{ 'abc'[{LEAST}:{GREATEST}] }}}}",
    "huge replace count": f"{{{{ 'aa'.replace('a', 'b', {LEAST}) }}}}{{{{ 'aa' | replace('a', 'b', -1) }}}}",
    "huge split": f"{{{{ 'a,b'.split(',', {GREATEST}) }}}}{{{{ 'a,b'.rsplit(',', {LEAST}) }}}}",
    "huge indent": f"{{{{ 'a\nb' | indent({GREATEST}) }}}}{{{{ [1] | tojson(indent={GREATEST}) }}}}",
}

FIRST, SECOND = two_spellings(12_000)
MARKS = {
    f"marks: {name}": "{% set a = '" + FIRST + "' %}{% set b = '" + SECOND + "' %}" + text for name, text in {
        "keys": "{% set d = {a: 1, b: 2} %}{{ d[a] }}{{ d.get(b) }}{{ b in d }}{{ d == {b: 1, a: 2} }}",
        "sorted keys": "{{ {a: 1, b: 2} | dictsort }}",
        "sorted": "{{ [a, b, a] | sort | length }}{{ [a, b] | unique | list | length }}{{ [a, b] | max | length }}",
        "compared": "{{ a == b }}{{ a < b }}{{ a in [b] }}{{ a in b }}",
        "tests": "{{ a is upper }}{{ a is lower }}{{ a | title | length }}{{ a | capitalize | length }}",
        "JSON": "{{ {a: b} | tojson | length }}{{ {a: 1, b: 2} | tojson | length }}",
    }.items()
}


def attacks():
    texts = VALUES | WORK | NESTING | NUMBERS | MARKS
    return [*[template_attack(name, text) for name, text in texts.items()],
            conversation_attack(), *template_memory_attacks()]


def template_attack(name, text):
    return Attack(f"template: {name}", ("tokenize", "@", "--file", "@/t.txt", "--template", "model", "--summary"),
                  writes_with_model({"chat_template.jinja": text, "t.txt": "a"}))


def conversation_attack():
    """Returns what a template of ours must bear: limits grow with the conversation."""
    model = str(ROOT / "Models/tiny-qwen2")
    sentence = "Hello, world. "
    return Attack("template: a conversation of 1 MB",
                  ("tokenize", model, "--file", "@/t.txt", "--template", "chatml", "--summary"),
                  writes({"t.txt": sentence * (MEGABYTE // len(sentence))}), seconds=3.0)


def template_memory_attacks():
    words = ("tokenize", "@", "--text", "a", "--template", "model")
    return [
        memory_attack("a template of 20 MB", words, "chat_template.jinja", lambda: "{{ 1 }}" * (3 * MEGABYTE)),
        memory_attack("a template of 1 MB", words, "chat_template.jinja", lambda: "{{1}}" * (MEGABYTE // 5)),
    ]
