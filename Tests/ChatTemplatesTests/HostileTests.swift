// Templates are programs of strangers: none may trap, run on, or pass for what it is not.

import ChatTemplates
import Testing

@Suite("Chat templates of strangers")
struct HostileTests {
  private func render(_ text: String) throws -> String {
    try ChatTemplate(text, tokens: ["bos_token": "<s>"], file: "t.jinja")
      .render([ChatMessage(role: "user", content: "hi")], addsGenerationPrompt: true)
      .map(\.text).joined()
  }

  @Test(
    "what is not known or wrong is an error that names it and its line",
    arguments: [
      ("{% include 'x' %}", "line 1", "'include'"), ("a\n{% if x %}", "line 2", "'endif'"),
      ("{{ x", "line 1", "'}}'"), ("{{ 'abc }}", "line 1", "quote"), ("\n\n{# x", "line 3", "'#}'"),
      ("{{ 1 | nonsense }}", "line 1", "'nonsense'"),
      ("{{ 1 is nonsense }}", "line 1", "'nonsense'"),
      ("{{ 'a'.nonsense() }}", "line 1", "'nonsense'"),
      ("{{ nonsense() }}", "line 1", "'nonsense'"),
      ("{{ 1 / 0 }}", "line 1", "zero"), ("{% for x in 5 %}{% endfor %}", "line 1", "iterable"),
      ("{% set a, b = [1] %}", "line 1", "1 values for 2"), ("{{ @ }}", "line 1", "'@'"),
      ("{% endfor %}", "line 1", "'endfor'"), ("{% raw %}", "line 1", "'endraw'"),
      ("{{ (1, 2 }}", "line 1", ""), ("{{ a.b.c }}", "line 1", "'a' is undefined"),
      ("{{ '\\ud800' }}", "line 1", "no character"),
      ("{% for a in b recursive %}{% endfor %}", "", "recursive"),
      ("{% set x.y = 1 %}", "line 1", "no namespace"),
      ("{{ 99999999999999999999 }}", "line 1", "too large"),
    ])
  func refuses(template: String, line: String, mention: String) {
    let error = #expect(throws: ChatTemplateError.self) { try render(template) }
    let text = error?.description ?? ""
    #expect(text.contains(line) && text.contains(mention), "\(text)")
  }

  @Test(
    "an argument that would not be read is refused, not left out",
    arguments: [
      ("{{ 'abca'.find('a', 1) }}", "'find' has 2 values, and takes at most 1 here"),
      ("{{ [1, 1].index(1, 1) }}", "'index'"), ("{{ 'a'.upper(1) }}", "'upper'"),
      ("{{ 'a\nb'.splitlines(true) }}", "'splitlines'"),
      ("{{ {'a': 1} | dictsort(by='value') }}", "'dictsort' has no argument 'by' here"),
      ("{{ [{'a': 1}] | sum(attribute='a') }}", "'sum'"),
      ("{{ [{'a': 1}] | unique(attribute='a') }}", "'unique'"),
      ("{{ [{'a': 1}] | sort(false, false, 'a') }}", "'sort' has 3 values"),
      ("{{ 1.5 | round(method='floor') }}", "'round'"), ("{{ '0x1' | int(0, 16) }}", "'int'"),
      ("{{ namespace({'a': 1}).a }}", "'namespace'"), ("{{ dict({'a': 1}) }}", "'dict'"),
      ("{{ 1 is defined(2) }}", "'defined'"), ("{{ 4 is divisibleby(num=2) }}", "'num'"),
      ("{{ [1] | select('odd', 2) | list }}", "'odd'"),
    ])
  func refusesArguments(template: String, mention: String) {
    let error = #expect(throws: ChatTemplateError.self) { try render(template) }
    #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
  }

  @Test(
    "a template that does not end, or that writes without end, is stopped",
    .timeLimit(.minutes(1)),
    arguments: [
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
      "{{ 'x' * 999999999 }}", "{{ 'x' * 9223372036854775807 }}", "{{ range(1000000000) }}",
      "{% set ns = namespace(t='x') %}{% for i in range(99) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
      "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}",
      "{% set ns = namespace(t='xxxxxxxxxxxxxxxx') %}{% for i in range(24) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{% for i in range(99) %}{{ ns.t }}{% endfor %}",
      "{% set ns = namespace(t='') %}{% for i in range(99999) %}{% set ns.t = ns.t ~ 'xxxxxxxxxxxxxxxx' * 9 %}{% endfor %}",
      "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
      "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
      "{{ ('b' * 10000).join('a' * 100000) }}", "{{ ('a' * 100000) | join('b' * 100000) }}",
      "{{ range(90000) | tojson(separators=('a' * 100000, 'b')) }}",
      HostileTests.shared + "{{ n.x | join }}", HostileTests.shared + "{{ n.x }}",
      HostileTests.shared + "{{ n.x ~ 'a' }}",
      HostileTests.shared + "{{ n.x == n.x }}", HostileTests.shared + "{{ n.x | tojson }}",
      HostileTests.shared + "{{ n.x.count('a') }}",
      HostileTests.shared + "{{ n.x | map('upper') | list }}",
      HostileTests.many("'a' * 200000"), HostileTests.many("range(90000)"),
      HostileTests.many("('a' * 90000).split('a')"),
      "{{ 2 ** 200 }}", "{{ 9223372036854775807 + 1 }}", "{{ (-9223372036854775807 - 1) // -1 }}",
    ])
  func stops(template: String) {
    #expect(throws: ChatTemplateError.self) { try render(template) }
  }

  /// A list that has a text of 100,000 characters 1024 times.
  private static let shared =
    "{% set n = namespace(x=['a' * 100000]) %}{% for i in range(10) %}"
    + "{% set n.x = n.x + n.x %}{% endfor %}"

  /// A template that keeps a value a thousand times.
  private static func many(_ value: String) -> String {
    (0..<1000).map { "{% set x\($0) = \(value) %}" }.joined()
  }

  @Test("the least integer may be tested for any divisor")
  func leastIntegers() throws {
    let least = "(-9223372036854775807 - 1)"
    #expect(try render("{{ \(least) is divisibleby(-1) }}") == "True")
    #expect(try render("{{ \(least) is divisibleby(3) }}{{ \(least) is odd }}") == "FalseFalse")
  }

  @Test("a search takes linear time", .timeLimit(.minutes(1)))
  func searches() throws {
    #expect(try render("{{ ('a' * 200000).find('a' * 100000 ~ 'b') }}") == "-1")
    #expect(
      try render("{{ 'aabaab'.find('aab') }}{{ 'aaab'.find('aab') }}{{ 'a'.find('') }}") == "010")
    #expect(try render("{{ 'ababab'.count('abab') }}{{ 'aaaa'.replace('aa', 'b') }}") == "1bb")
    #expect(
      try render("{{ 'abacabab'.split('ab') }}{{ '' * 9223372036854775807 }}")
        == "['', 'ac', '', '']")
  }

  @Test("a long conversation may be worked on as a short one")
  func longConversations() throws {
    let text = String(repeating: "Hello, world. ", count: 100_000)
    let template = try ChatTemplate(
      "{% for m in messages %}{{ '<' ~ m.content | trim ~ '>' }}{% endfor %}", file: "t.jinja")
    let parts = try template.render(
      [ChatMessage(role: "user", content: text)], addsGenerationPrompt: true)
    #expect(parts.map(\.text).joined().utf8.count == text.utf8.count + 1)
  }

  @Test(
    "two spellings of a text are two keys, and cost what other texts do", .timeLimit(.minutes(1)))
  func spellings() throws {
    let both = "{{ {'\u{E9}': 1, 'e\u{301}': 2} | length }}"
    #expect(try render(both + "{{ {'\u{E9}': 1}['e\u{301}'] is defined }}") == "2False")
    let marks = ["\u{301}\u{316}", "\u{316}\u{301}"].map {
      String(repeating: $0, count: 40_000)
    }
    let keys = "{% set d = {'\(marks[0])': 1, '\(marks[1])': 2} %}"
    #expect(try render(keys + "{{ d['\(marks[1])'] }}{{ d | dictsort | length }}") == "22")
  }

  @Test(
    "nesting has a limit", .timeLimit(.minutes(1)),
    arguments: [
      ("{{ ", "(", " }}"), ("{{ ", "[", " }}"), ("{{ 1", " + 1", " }}"), ("{{ 1", "|abs", " }}"),
      ("", "{% if 1 %}", ""), ("{{ ", "-", "1 }}"), ("{{ ", "not ", "1 }}"), ("{{ a", ".a", " }}"),
    ])
  func nestingHasALimit(opening: String, unit: String, closing: String) {
    let template = opening + String(repeating: unit, count: 100_000) + closing
    #expect(throws: ChatTemplateError.self) { try render(template) }
  }

  @Test("damaged templates never trap", .timeLimit(.minutes(1)))
  func damageNeverTraps() {
    var state: UInt64 = 1
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let signs = Array("{}%#-+|'\"()[].,: \n1aé=")
    for template in GoldenTests.golden.templates.map({ Array($0.template) }) {
      for _ in 0..<60 {
        var damaged = template
        for _ in 0..<3 {
          let place = random(damaged.count)
          if random(2) == 0 {
            damaged.remove(at: place)
          } else {
            damaged[place] = signs[random(signs.count)]
          }
        }
        _ = try? render(String(damaged))
      }
    }
  }
}
