"""Makes golden.json with Hugging Face `transformers` (made with 5.24.0, Jinja 3.1.6).

    pip install transformers jinja2
    python make_golden.py

golden.json  for each template and each conversation what `apply_chat_template` gives: the text, or the error that
             the template raises
The templates are this project's own, written in the ways in which models' templates are: turns between marks, an
instruction with the system turn inside, roles that must alternate, macros, namespaces, filters, slices.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import render_jinja_template

FOLDER = pathlib.Path(__file__).parent
SYSTEM = {"role": "system", "content": "Answer in one word."}
USER = {"role": "user", "content": "  Which bird wades?\n"}
ASSISTANT = {"role": "assistant", "content": "A heron. "}
CONVERSATIONS = {
    "one": [USER],
    "system": [SYSTEM, USER],
    "answered": [USER, ASSISTANT],
    "turns": [SYSTEM, USER, ASSISTANT, {"role": "user", "content": "And \"one\" that dives? <|im_end|> {{ x }} é🦆"}],
    "closed": [USER, ASSISTANT, {"role": "user", "content": ""}, {"role": "assistant", "content": "<think>\nducks\n</think>\n\nTeal"}],
    "wrong": [USER, USER],
    "empty": [],
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
TEMPLATES = {
    # Turns between marks, and a system turn that stands there if the conversation has none.
    "turns": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You are kind.<|im_end|>
' }}{% endif %}{{ '<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}""",
    # The same with tags on lines of their own.
    "lines": """{%- if messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
{%- else %}
    {{- '<|im_start|>system\\nYou are kind.<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- 'never' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    # The system turn inside of the first request; roles must alternate.
    "instructions": """{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
    # Headers; tools and dates where they are given.
    "headers": """{{- bos_token }}
{%- if custom_tools is defined %}
    {%- set tools = custom_tools %}
{%- endif %}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system turn is taken out. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    # No system turn; the assistant has another name.
    "model": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '
' + message['content'] | trim + '<end_of_turn>
' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model
'}}{% endif %}""",
    # Content that may be a list of parts; a system turn before the first request.
    "parts": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '

' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
""",
    # A mark for each role.
    "roles": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""",
    # Thoughts of earlier turns are left out; a namespace finds the last request.
    "thoughts": """{%- set ns = namespace(multi_step=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    # A macro, a default, dictionaries.
    "macros": """{%- macro turn(role, content, close='</turn>', n=loop_count|default(1)) -%}
<turn {{ role|upper }} {{ n }}>{{ content|trim }}{{ close }}
{%- endmacro -%}
{%- set names = {'user': 'Human', 'assistant': 'Helper', 'system': "System's"} -%}
{% for m in messages %}
  {%- set r = names.get(m.role, 'nobody') -%}
  {{ turn(r, m.content) if not loop.last else turn(role=r, content=m.content, n=loop.length) }}
{% else %}
nothing
{% endfor %}
{{ names|tojson }} {{ names|length }} {{ names.items()|list|length }} {% for k, v in names|items %}{{ k }}={{ v }};{% endfor %}""",
    # Filters and methods.
    "filters": """{% set c = messages|map(attribute='content')|list %}{{ c|join(' / ') }}
{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|map('trim')|join(',') }}
{{ messages|rejectattr('role', 'eq', 'user')|list|length }} {{ (c|first)|default('none', true) }}|{{ c|last|upper }}
{{ 'a-b-c'.split('-')|reverse|join('+') }} {{ 'abc'[1:] ~ 'abc'[:-1] ~ 'abc'[::-1] }} {{ [3, 1, 2]|sort|join }} {{ [1, 2, 2]|unique|list }}
{{ 'one two'|title }} {{ 'ONE'|capitalize }} {{ 'x'|replace('x', 'yy') }} {{ ' q '.strip() }}{{ 'xxq'.lstrip('x') }} {{ 'a,b'.replace(',', ';') }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 5 }} {{ 7 / 2 }} {{ 1 + 2 * 3 - 4 }} {{ 'é' * 3 }} {{ "it's" }} {{ 1.5 }} {{ 3 == 3.0 }} {{ '3'|int + 1 }}
{{ [1, 'a', none, true, {'k': [1.0]}] }} {{ {'a': 1, 'é"': [none, true, 'x\\n']}|tojson }} {{ {'b': 1, 'a': {}}|tojson(indent=2) }} {{ []|tojson }}
{{ 'a' in 'abc' and 'z' not in 'abc' }} {{ 1 if false }}|{{ none }}|{{ missing }}|{{ missing is defined }} {{ messages is iterable and messages is not mapping }}
{{ 'line\\nnext'|indent(2) }} {{ range(3)|list }} {{ range(5, 1, -2)|list }} {{ 'abc'|length }} {{ 'abc'|list }} {{ 5 is odd }} {{ 'A' is upper }} {{ 4 is divisibleby 2 }}
{{ 'abc'.find('c') }} {{ 'abcabc'.count('bc') }} {{ ' a  b '.split() }} {{ 'a:b:c'.split(':', 1) }} {{ 'a:b:c'.rsplit(':', 1) }} {{ 'Abc'.lower() }} {{ 'ab'.isalpha() }} {{ '12'.isdigit() }}""",
    # White space control.
    "spaces": """  {% if true %}
  a
    {%- if true -%}   b   {%- endif +%}
  {#- gone -#}   c
    {% set x = 1 %}
	{% for i in [1, 2] %}
    {{ i }}
    {% if i == 1 %}{% continue %}{% endif %}
    after {{- '  ' -}} !
    {% endfor %}
  {%+ if x %} kept {% endif %}
  {% raw %}{{ not.this }} {% if %}{% endraw %}
{% endif %}
end
""",
    # Blocks that are set, filtered or marked.
    "blocks": """{% set text %}
one {{ messages|length }}
{% endset %}{% set shout | upper | trim %} hush {% endset %}{{ text|trim }} {{ shout }}
{% filter upper %}filtered {{ 'é' }}{% endfilter %}
{% for message in messages if message.role != 'system' %}{% if loop.index > 2 %}{% break %}{% endif %}
{{ loop.index }}/{{ loop.length }} {{ loop.first }} {{ loop.last }} {{ loop.revindex }} {{ message.role }}{% if loop.previtem is defined %} after {{ loop.previtem.role }}{% endif %}
{% if message.role == 'assistant' %}{% generation %}{{ message.content }}{% endgeneration %}{% endif %}
{% endfor %}""",
    # Assignments stay inside of loops; nested loops; conditions.
    "scopes": """{% set n = 0 %}{% for m in messages %}{% set n = n + 1 %}{{ n }}{% for c in ['x', 'y'] %}{{ loop.index }}{{ c }}{% endfor %}{{ loop.index }}{% endfor %} {{ n }}
{% if messages and messages[-1].role == 'user' %}last is user{% elif not messages %}none{% else %}last is {{ messages[-1]['role'] }}{% endif %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set ns = namespace() %}{% set ns.x = 'set' %}{{ ns.x }}""",
    # Errors of the program, not of the template.
    "undefined": """{{ messages[5].content.strip() }}""",
    "types": """{{ 'a' + 1 }}""",
    "long": """{{ bos_token }}{% for message in messages %}{%- if message.role == 'system' -%}[SYSTEM_PROMPT]{{ message.content }}[/SYSTEM_PROMPT]{%- elif message.role == 'user' -%}{% if not loop.first and messages[loop.index0 - 1].role == 'user' %}{{ raise_exception('After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.') }}{% endif %}[INST]{{ message.content }}[/INST]{%- elif message.role == 'assistant' -%}{{ message.content + eos_token }}{%- endif -%}{% endfor %}""",
}


def render(template, messages, generation):
    try:
        texts, _ = render_jinja_template(
            conversations=[messages], chat_template=template, add_generation_prompt=generation, **TOKENS)
        return {"text": texts[0]}
    except Exception as error:
        return {"error": str(error), "raised": type(error).__name__ == "TemplateError"}


def main():
    golden = {"tokens": TOKENS, "conversations": CONVERSATIONS, "templates": []}
    for name, template in TEMPLATES.items():
        cases = []
        for conversation, messages in CONVERSATIONS.items():
            for generation in (False, True):
                cases.append({
                    "conversation": conversation, "generation": generation, **render(template, messages, generation)})
        golden["templates"].append({"name": name, "template": template, "cases": cases})
    (FOLDER / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
