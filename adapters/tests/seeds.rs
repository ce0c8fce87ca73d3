//! The vendors' own pages hold blocks that look like JSON and are not. Every other block is a golden file named `…-seed-…`;
//! these are the ones left out, each with the reason.

use bytes::Bytes;
use scimux_scim::value;

struct Invalid {
    page: &'static str,
    block: &'static str,
    why: &'static str,
}

const INVALID: &[Invalid] = &[
    Invalid {
        page: "seed 004, Add - Single-valued Attribute, response",
        block: r#"{
"schemas": [
"urn:ietf:params:scim:schemas:core:2.0:User"
],
"id": "5f4f0884-3f54-e183-994e-719a59e05244",
"userName": "User One",
"active": true,
"emails": [{
"value": user.one @ example.com ",
" type ": " work "
}
],
" nickName ": " User One ",
}"#,
        why: "the value has no opening quote, and a comma stands before the closing brace",
    },
    Invalid {
        page: "seed 004, Response Codes, 400",
        block: "{ Value test is not valid for attribute emails[0].type because it is not one of the canonical types: other, work, home. }",
        why: "a text in braces without a key; the text is in the golden file patch-bad-type",
    },
    Invalid {
        page: "seed 004, Response Codes, 400",
        block: "{ Value help is not valid for attribute phoneNumbers[0].type because it is not one of the canonical types: other, pager, work, mobile, fax, home. }",
        why: "a text in braces without a key",
    },
    Invalid {
        page: "seed 004, Response Codes, 400",
        block: "{ Value test is not valid for attribute emails[0].type because it is not one of the canonical types: other, work, home, Attribute userName is required and must have a value. }",
        why: "a text in braces without a key",
    },
    Invalid {
        page: "seed 002, Python",
        block: r#"{
"schemas": [
"urn:ietf:params:scim:schemas:core:2.0:User",
"urn:pingidentity:schemas:extension:2.0:PingOneUser"
],
"userName": "tmp-Isabella-Updated",
"emails": [
{
"value": "IsabellaOfCastile@example.com",
"primary": True
}
]
}"#,
        why: "True is Python's; the same body as JSON is the golden file put-seed-002",
    },
];

#[test]
fn the_blocks_that_are_left_out_are_no_json() {
    for invalid in INVALID {
        let parsed = value::parse(&Bytes::from_static(invalid.block.as_bytes()));
        assert!(parsed.is_err(), "{} is JSON after all ({})", invalid.page, invalid.why);
    }
}

#[test]
fn every_seed_exchange_has_its_golden_file() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (case, has_answer) in [
        ("veeva/testdata/put-seed-000", true),
        ("veeva/testdata/put-seed-001", true),
        ("pingone/testdata/put-seed-002", true),
        ("huawei/testdata/put-seed-003", true),
        ("rsa/testdata/patch-seed-004-add-single", false),
        ("rsa/testdata/patch-seed-004-remove-single", true),
        ("rsa/testdata/patch-seed-004-replace-single", true),
        ("rsa/testdata/patch-seed-004-add-multi", true),
        ("rsa/testdata/patch-seed-004-remove-multi", true),
        ("rsa/testdata/patch-seed-004-replace-multi", true),
        ("rsa/testdata/patch-seed-004-all-single", true),
        ("rsa/testdata/patch-seed-004-all-multi", true),
    ] {
        let case = source.join(case);
        assert!(case.join("request.http").exists(), "{}", case.display());
        assert_eq!(case.join("answer.http").exists(), has_answer, "{}", case.display());
    }
}
