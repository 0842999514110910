//! Tests of `json`.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn facts_of(text: &str) -> UserFacts {
    UserJudge::new(IdTypes::new(&["company_id".to_owned()])).judge(text.as_bytes(), |_| {})
}

/// The names of the facts of a `user`, but for `custom` and `customIDs` when `text` has neither.
fn user(text: &str) -> Vec<&'static str> {
    let facts = facts_of(text);
    [
        (UserFacts::INVALID, "invalid"),
        (UserFacts::DOUBLE_ENCODED, "double"),
        (UserFacts::NO_CUSTOM, "no custom"),
        (UserFacts::NO_CUSTOM_IDS, "no customIDs"),
        (UserFacts::NO_ID, "no id"),
        (UserFacts::MISSPELLED_KEY, "misspelled"),
        (UserFacts::PRIVATE, "private"),
        (UserFacts::ENVIRONMENT, "environment"),
        (UserFacts::PLACEHOLDER, "placeholder"),
    ]
    .into_iter()
    .filter(|(fact, _)| facts.has(*fact))
    .map(|(_, name)| name)
    .collect()
}

fn ids(text: &str) -> Vec<(usize, String)> {
    let mut ids = Vec::new();
    let mut judge = UserJudge::new(IdTypes::new(&["company_id".to_owned()]));
    judge.judge(text.as_bytes(), |id| match id {
        FoundId::Known(place, id) => ids.push((place, String::from_utf8(id.to_vec()).unwrap())),
        FoundId::Other(key) => ids.push((usize::MAX, String::from_utf8(key.to_vec()).unwrap())),
    });
    ids
}

#[test]
fn json_is_what_the_rfc_says() {
    for right in [
        "{}",
        " \t\r\n{ } \n",
        r#"{"a":1,"b":[true,false,null,{}],"c":"x"}"#,
        "1e400",
        "-0.0e-0",
        "123456789012345678901234567890.5",
        r#""\u00e9\ud83d\ude00\/\b""#,
        "\"\u{7f}é\u{2028}\"",
        r#"{"a":1,"a":2}"#,
        r#"{"":[[],[[]],{"a":{}}]}"#,
        "0",
        "[]",
    ] {
        assert!(is_json(right.as_bytes()), "{right}");
    }
    for wrong in [
        "",
        " ",
        "\u{feff}{}",
        "{} {}",
        "{,}",
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        r#"{"a"}"#,
        r#"{a:1}"#,
        r#"{'a':1}"#,
        r#"{1:1}"#,
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "[",
        "]",
        "{",
        r#"{"a":1"#,
        r#"{"a":[1}"#,
        r#"[{"a":1]"#,
        "01",
        "+1",
        ".5",
        "5.",
        "1e",
        "1e+",
        "--1",
        "-",
        "NaN",
        "Infinity",
        "nul",
        "nulll",
        "True",
        "\"a",
        "\"a\nb\"",
        "\"a\u{0}b\"",
        r#""\x""#,
        r#""\u12""#,
        r#""\u12G4""#,
        r#""\ud800""#,
        r#""\ud800\n""#,
        r#""\ud800\ud800""#,
        r#""\ude00""#,
        r#""\""#,
        "\u{a0}{}",
        "\u{b}{}",
        "/*c*/{}",
        "{}\u{0}",
    ] {
        assert!(!is_json(wrong.as_bytes()), "{wrong:?}");
    }
}

#[test]
fn a_thousand_levels_are_json_and_one_more_is_not() {
    let nested =
        |open: &str, close: &str, levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
    assert!(is_json(nested("[", "]", 1000).as_bytes()));
    assert!(!is_json(nested("[", "]", 1001).as_bytes()));
    let objects = |levels: usize| format!("{}{{}}{}", "{\"a\":".repeat(levels - 1), "}".repeat(levels - 1));
    assert!(is_object(objects(1000).as_bytes()));
    assert!(!is_object(objects(1001).as_bytes()));
    // The levels of `user` and `custom` count.
    let user_with = |levels| {
        format!(
            r#"{{"custom":{},"customIDs":{{"a":"b"}}}}"#,
            nested("[", "]", levels)
        )
    };
    assert_eq!(user(&user_with(999)), [""; 0]);
    assert_eq!(user(&user_with(1000)), ["invalid"]);
    let ids_with = |levels| {
        format!(
            r#"{{"custom":1,"userID":"u","customIDs":{{"a":{}}}}}"#,
            nested("[", "]", levels)
        )
    };
    assert_eq!(user(&ids_with(998)), [""; 0]);
    assert_eq!(user(&ids_with(999)), ["invalid"]);
    // And a double-encoded object has its own.
    let inner = serde_json::to_string(&user_with(999)).unwrap();
    assert_eq!(user(&inner), ["double"]);
    // Neither a hang nor a deep stack.
    assert!(!is_json("[".repeat(300_000).as_bytes()));
    assert!(is_json(format!("[{}1]", "1,".repeat(100_000)).as_bytes()));
    assert!(is_json(format!("\"{}\"", "a".repeat(500_000)).as_bytes()));
    assert!(is_json("7".repeat(500_000).as_bytes()));
}

#[test]
fn a_user_is_told_by_its_keys() {
    let with = |rest: &str| format!(r#"{{"custom":{{}},"customIDs":{{"stableID":"s"}},{rest}}}"#);
    let right = r#"{"userID":"u","custom":{},"customIDs":{}}"#;
    let cases: &[(&str, &[&str])] = &[
        (right, &[]),
        (r#"{"userID":"u"}"#, &["no custom", "no customIDs"]),
        (r#"{"userID":"u","Custom":1,"customIDs":null}"#, &["no custom"]),
        (r#"{"userID":"u","custom":null,"customIDs":null}"#, &[]),
        (r#"{"custom":1,"customIDs":{}}"#, &["no id"]),
        (r#"{"userID":"","custom":1,"customIDs":{"a":""}}"#, &["no id"]),
        (
            r#"{"userID":true,"custom":1,"customIDs":{"a":[1],"b":{"c":"d"},"e":null}}"#,
            &["no id"],
        ),
        (r#"{"userID":["u"],"custom":1,"customIDs":["u"]}"#, &["no id"]),
        (r#"{"userID":null,"custom":1,"customIDs":{"a":" "}}"#, &[]),
        (r#"{"custom":1,"customIDs":{"a":1.5}}"#, &[]),
        (r#"{"userID":7,"custom":1,"customIDs":"x"}"#, &[]),
        // Of duplicate keys the last wins.
        (
            r#"{"userID":"u","userID":null,"custom":1,"customIDs":{}}"#,
            &["no id"],
        ),
        (r#"{"userID":null,"userID":"u","custom":1,"customIDs":{}}"#, &[]),
        (r#"{"custom":1,"customIDs":{"a":"x","a":""}}"#, &["no id"]),
        (
            r#"{"custom":1,"customIDs":{"a":"x","b":"","\u0061":null}}"#,
            &["no id"],
        ),
        (r#"{"custom":1,"customIDs":{"a":"x","b":"y","a":""}}"#, &[]),
        (r#"{"custom":1,"customIDs":{"a":"","a":"x"}}"#, &[]),
        (r#"{"custom":1,"customIDs":{"a":"x"},"customIDs":{}}"#, &["no id"]),
        (
            r#"{"custom":1,"customIDs":{"a":"x","b":1,"b":null},"customIDs":7}"#,
            &["no id"],
        ),
        (r#"{"userID":"null","userID":"u","custom":1,"customIDs":{}}"#, &[]),
        // Escapes are read.
        (r#"{"\u0075serID":"u","c\u0075stom":1,"custom\u0049Ds":{}}"#, &[]),
        (
            r#"{"userID":"\u006eull","custom":1,"customIDs":{}}"#,
            &["placeholder"],
        ),
        // Not objects.
        ("null", &["invalid"]),
        ("[]", &["invalid"]),
        ("7", &["invalid"]),
        (" ", &["invalid"]),
        (r#"{"userID":"u""#, &["invalid"]),
        ("{'userID':'u'}", &["invalid"]),
        (r#""u""#, &["invalid"]),
        (r#""[]""#, &["invalid"]),
        (r#""\"{}\"""#, &["invalid"]),
        (r#""{}" x"#, &["invalid"]),
        (r#"{} x"#, &["invalid"]),
        // Double-encoded ones are looked into.
        (r#""{}""#, &["double", "no custom", "no customIDs", "no id"]),
        (
            r#" " {\"userID\":\"none\",\"custom\":1,\"customIDs\":{}} " "#,
            &["double", "placeholder"],
        ),
        (
            r#""{\"userID\":\"\ud83d\ude00\",\"custom\":1,\"customIDs\":{}}""#,
            &["double"],
        ),
        (
            r#""{\"userID\":\"\\ud83d\\ude00\",\"custom\":1,\"customIDs\":{}}""#,
            &["double"],
        ),
        (
            r#""{\"userID\":\"\\ud83d\",\"custom\":1,\"customIDs\":{}}""#,
            &["invalid"],
        ),
    ];
    for (text, told) in cases {
        assert_eq!(user(text), *told, "{text}");
    }
    for key in [
        "userId",
        "user_id",
        "userid",
        "UserID",
        "customIds",
        "custom_ids",
        "customids",
        "stableID",
        "stableId",
        "stable_id",
    ] {
        assert_eq!(user(&with(&format!(r#""{key}":"x""#))), ["misspelled"]);
        assert_eq!(user(&with(&format!(r#""custom":{{"{key}":"x"}}"#))), [""; 0]);
    }
    for near in ["USERID", "userIDs", "stableid", "StableID", "customIDS", "email"] {
        assert_eq!(user(&with(&format!(r#""{near}":"x""#))), [""; 0], "{near}");
    }
    for (value, told) in [
        (r#"{"email":"a@b"}"#, true),
        ("[1]", true),
        (r#"" ""#, true),
        ("false", true),
        ("0", true),
        ("null", false),
        ("{ }", false),
        ("[ ]", false),
        (r#""""#, false),
        ("[[]]", true),
        ("{\"a\":{}}", true),
    ] {
        let found = user(&with(&format!(r#""privateAttributes":{value}"#)));
        assert_eq!(found == ["private"], told, "{value}: {found:?}");
    }
    for (value, told) in [
        (r#"{"tier":"production"}"#, false),
        (r#"{"tier":"Production"}"#, true),
        (r#"{"tier":"production "}"#, true),
        (r#"{"tier":"development"}"#, true),
        (r#"{"tier":""}"#, true),
        (r#"{"tier":1}"#, true),
        (r#"{"tier":{}}"#, true),
        (r#"{"tier":null}"#, false),
        (r#"{"Tier":"staging"}"#, false),
        (r#"{"tier":"staging","tier":"production"}"#, false),
        (r#"{"tier":"production","tier":"staging"}"#, true),
        (r#"{"t\u0069er":"p\u0072oduction"}"#, false),
        (r#"{"x":{"tier":"staging"}}"#, false),
        (r#""staging""#, false),
        ("null", false),
        ("{}", false),
    ] {
        let found = user(&with(&format!(r#""statsigEnvironment":{value}"#)));
        assert_eq!(found == ["environment"], told, "{value}: {found:?}");
    }
    for (value, told) in [
        (r#""null""#, true),
        (r#""NULL""#, true),
        (r#""Undefined""#, true),
        (r#""none""#, true),
        (r#""NaN""#, true),
        (r#""0""#, true),
        (r#""-1""#, true),
        (r#""UNKNOWN""#, true),
        (r#""anonymous""#, true),
        (r#""N/A""#, true),
        (r#""n\/a""#, true),
        ("0", true),
        ("-1", true),
        (r#""null ""#, false),
        (r#""00""#, false),
        (r#""1""#, false),
        ("1", false),
        ("00", false),
        ("-10", false),
        ("null", false),
        (r#""na""#, false),
        (r#""anonymous1""#, false),
        (r#""ſ""#, false),
    ] {
        let found = user(&with(&format!(r#""userID":{value}"#)));
        assert_eq!(found == ["placeholder"], told, "{value}: {found:?}");
    }
}

#[test]
fn ids_are_told_by_type_and_only_of_a_right_user() {
    let text =
        r#"{"userID":"u\u0031","customIDs":{"stableID":"s","company_id":7,"other":"o","x":"","y":null}}"#;
    let all = [(0, "u1"), (1, "s"), (2, "7"), (usize::MAX, "other")].map(|(p, id)| (p, id.to_owned()));
    assert_eq!(ids(text), all);
    assert_eq!(ids(&serde_json::to_string(text).unwrap()), all);
    assert_eq!(ids(&text.replace("null}", "null},")), []);
    assert_eq!(ids(&format!("{text}]")), []);
    let replaced =
        r#"{"customIDs":{"stableID":"s"},"userID":"a","customIDs":{"company_id":"c"},"userID":"b"}"#;
    assert_eq!(
        ids(replaced),
        [(0, "b"), (2, "c")].map(|(p, id)| (p, id.to_owned()))
    );
}

fn metadata(text: &str) -> Vec<&'static str> {
    let facts = MetadataJudge::default().judge(text.as_bytes());
    [
        (MetadataFacts::INVALID, "invalid"),
        (MetadataFacts::NON_STRING, "non-string"),
        (MetadataFacts::DOTTED_KEY, "dotted"),
    ]
    .into_iter()
    .filter(|(fact, _)| facts.has(*fact))
    .map(|(_, name)| name)
    .collect()
}

#[test]
fn metadata_is_told_by_its_top_level() {
    let cases: &[(&str, &[&str])] = &[
        ("{}", &[]),
        (r#"{"a":"1","b":""}"#, &[]),
        (r#"{"a":1}"#, &["non-string"]),
        (r#"{"a":null}"#, &["non-string"]),
        (r#"{"a":{"b":"c"}}"#, &["non-string"]),
        (r#"{"a":["b"]}"#, &["non-string"]),
        (r#"{"a":true,"b":"c"}"#, &["non-string"]),
        (r#"{"a":1,"a":"x"}"#, &[]),
        (r#"{"a":1,"\u0061":"x"}"#, &[]),
        (r#"{"a":1,"b":2,"a":"x"}"#, &["non-string"]),
        (r#"{"a":"x","a":1}"#, &["non-string"]),
        (r#"{"a":1,"b":"x"}"#, &["non-string"]),
        (r#"{"a.b":"x"}"#, &["dotted"]),
        (r#"{"a\u002eb":"x"}"#, &["dotted"]),
        (r#"{".":1}"#, &["non-string", "dotted"]),
        (r#"{"a":"b.c"}"#, &[]),
        (r#"{"a":{"b.c":1}}"#, &["non-string"]),
        (r#"{"a.b":"x","a.b":"y"}"#, &["dotted"]),
        ("[]", &["invalid"]),
        ("null", &["invalid"]),
        (" ", &["invalid"]),
        (r#""{}""#, &["invalid"]),
        (r#"{"a.b":1"#, &["invalid"]),
        ("{'a':'b'}", &["invalid"]),
        ("\u{feff}{}", &["invalid"]),
    ];
    for (text, told) in cases {
        assert_eq!(metadata(text), *told, "{text}");
    }
    let many = |value: &str| {
        (0..20_000)
            .map(|i| format!("\"k{i}\":{value},"))
            .collect::<String>()
    };
    assert_eq!(metadata(&format!("{{{}\"z\":\"z\"}}", many("1"))), ["non-string"]);
    assert_eq!(
        metadata(&format!("{{{}{}\"z\":\"z\"}}", many("1"), many("\"x\""))),
        [""; 0]
    );
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// A member of a user object, as text: keys and values that the rules look at, and others.
fn member() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "userID",
        "userID",
        "customIDs",
        "customIDs",
        "custom",
        "privateAttributes",
        "statsigEnvironment",
        "email",
        "userId",
        "stableID",
        "user\\u0049D",
        "customI\\u0044s",
        "",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "\"\"",
        "\"u\"",
        "\"NULL\"",
        "\"n\\/a\"",
        "0",
        "-1",
        "5",
        "1.5",
        "true",
        "[]",
        "[1]",
        "{}",
        "{\"a\":\"x\"}",
        "{\"a\":\"x\",\"a\":\"\"}",
        "{\"a\":\"\",\"b\":\"y\",\"a\":3}",
        "{\"a\":\"x\",\"b\":\"y\",\"b\":null,\"\\u0061\":[]}",
        "{\"tier\":\"production\"}",
        "{\"tier\":\"dev\"}",
        "{\"tier\":null}",
        "{\"tier\":\"dev\",\"tier\":\"production\"}",
        "{\"a\":{}}",
        "nul",
        "{\"a\":1,}",
    ]);
    (key, value).prop_map(|(key, value)| format!("\"{key}\" : {value}"))
}

/// The facts by a reading that builds values.
fn by_values(text: &str) -> UserFacts {
    let is_id = |value: &Json| match value {
        Json::String(text) => !text.is_empty(),
        Json::Number(_) => true,
        _ => false,
    };
    let Ok(Json::Object(top)) = serde_json::from_str::<Json>(text) else {
        return UserFacts::INVALID;
    };
    let custom_id = match top.get("customIDs") {
        Some(Json::Object(ids)) => ids.values().any(is_id),
        _ => false,
    };
    let user_id = top.get("userID");
    let misspelled = [
        "userId",
        "user_id",
        "userid",
        "UserID",
        "customIds",
        "custom_ids",
        "customids",
        "stableID",
        "stableId",
        "stable_id",
    ];
    let placeholders = [
        "null",
        "undefined",
        "none",
        "nan",
        "0",
        "-1",
        "unknown",
        "anonymous",
        "n/a",
    ];
    let word = match user_id {
        Some(Json::String(text)) => text.to_ascii_lowercase(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let private = match top.get("privateAttributes") {
        None | Some(Json::Null) => false,
        Some(Json::String(text)) => !text.is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(members)) => !members.is_empty(),
        Some(_) => true,
    };
    let tier = top
        .get("statsigEnvironment")
        .and_then(|environment| environment.get("tier"));
    let bits = [
        false,
        false,
        !top.contains_key("custom"),
        !top.contains_key("customIDs"),
        !user_id.is_some_and(is_id) && !custom_id,
        misspelled.iter().any(|key| top.contains_key(*key)),
        private,
        tier.is_some_and(|tier| !tier.is_null() && tier != "production"),
        placeholders.contains(&word.as_str()),
    ];
    let bits = bits
        .iter()
        .enumerate()
        .map(|(place, bit)| u16::from(*bit) << place);
    UserFacts::from_bits(bits.sum())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_serde_writes_is_json(value in json_value()) {
        prop_assert!(is_json(serde_json::to_string(&value).unwrap().as_bytes()));
        prop_assert!(is_json(serde_json::to_string_pretty(&value).unwrap().as_bytes()));
        prop_assert_eq!(is_object(value.to_string().as_bytes()), value.is_object());
    }

    #[test]
    fn a_damaged_text_is_judged_as_serde_judges_it(
        value in json_value(), at in any::<prop::sample::Index>(), how in 0u8..4,
        with in prop::sample::select("{}[]:,\"\\ \n0123456789eE+-.tfnu\u{1}\u{7f}a".chars().collect::<Vec<_>>()),
    ) {
        let mut chars: Vec<char> = value.to_string().chars().collect();
        let at = at.index(chars.len());
        match how {
            0 => chars[at] = with,
            1 => chars.insert(at, with),
            2 => { chars.remove(at); }
            _ => chars.truncate(at),
        }
        let text: String = chars.into_iter().collect();
        let serde = serde_json::from_str::<Json>(&text);
        // The readings part on numbers beyond a double.
        prop_assume!(!serde.as_ref().is_err_and(|e| e.to_string().contains("out of range")));
        prop_assert_eq!(is_json(text.as_bytes()), serde.is_ok(), "{:?}", text);
    }

    #[test]
    fn any_soup_is_judged_as_serde_judges_it(
        text in r#"([{}\[\]:,"]|"[a-c]*"|\\u[dD][89aAcC]0[0-9]|\\[unrtbf/"x]|-?[0-9]{1,3}(\.[0-9])?([eE][+-]?[0-9])?|true|false|null| ){0,12}"#,
    ) {
        for text in [format!("\"{text}\""), text] {
            let serde = serde_json::from_str::<Json>(&text);
            // The readings part on numbers beyond a double.
            if !serde.as_ref().is_err_and(|error| error.to_string().contains("out of range")) {
                prop_assert_eq!(is_json(text.as_bytes()), serde.is_ok(), "{:?}", text);
            }
        }
    }

    #[test]
    fn strings_are_unescaped_as_serde_does(text in any::<String>(), ascii in any::<bool>()) {
        let mut written = serde_json::to_string(&text).unwrap();
        if ascii {
            written = written.chars().map(|c| if c.is_ascii() { c.to_string() } else {
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }).collect();
        }
        let object = format!("{{\"userID\":{written}}}");
        let expected: Vec<_> = if text.is_empty() { vec![] } else { vec![(0, text)] };
        prop_assert_eq!(ids(&object), expected);
    }

    #[test]
    fn a_user_is_judged_as_by_building_its_value(
        members in prop::collection::vec(member(), 0..7), wrapped in any::<bool>(),
    ) {
        let text = format!("{{{}}}", members.join(" , "));
        let expected = by_values(&text);
        prop_assert_eq!(facts_of(&text), expected, "{}", text);
        if wrapped {
            let expected = if expected == UserFacts::INVALID { expected } else {
                UserFacts::from_bits(expected.bits() | UserFacts::DOUBLE_ENCODED.bits())
            };
            prop_assert_eq!(facts_of(&serde_json::to_string(&text).unwrap()), expected, "{}", text);
        }
    }

    #[test]
    fn metadata_is_judged_as_by_building_its_value(
        members in prop::collection::vec((
            prop::sample::select(vec!["a", "b", "a.b", "\\u0061", "c\\u002e"]),
            prop::sample::select(vec!["1", "\"x\"", "\"\"", "null", "{\"d.e\":1}", "[\"y\"]", "\"\\n\""]),
        ), 0..7),
    ) {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let value: serde_json::Map<String, Json> = serde_json::from_str(&text).unwrap();
        let facts = MetadataJudge::default().judge(text.as_bytes());
        prop_assert!(!facts.has(MetadataFacts::INVALID));
        prop_assert_eq!(facts.has(MetadataFacts::NON_STRING), value.values().any(|v| !v.is_string()), "{}", text);
        prop_assert_eq!(facts.has(MetadataFacts::DOTTED_KEY), value.keys().any(|k| k.contains('.')), "{}", text);
    }
}
