//! Who signed, for which features, for which runtime, until when.

use model_bundle::manifest::RuntimeVersion;
use model_bundle::{
    Day, Expectation, FeatureSchema, PinnedKeys, PublicKey, Refused, Sha256Hash, Signed, SigningKey,
};

use crate::draft::{Draft, pinned};

const RUNTIME: RuntimeVersion = RuntimeVersion { major: 0, minor: 1, patch: 0 };

fn opened(key: &SigningKey, pinned: &PinnedKeys) -> Result<Signed, Refused> {
    let manifest = Draft::sound().manifest_bytes();
    Signed::open(&manifest, &key.sign_manifest(&manifest), pinned)
}

#[test]
fn todays_key_and_the_next_one_are_believed_and_no_other() {
    let [first, second, third] = [1, 2, 3].map(|secret| SigningKey::from_secret(&[secret; 32]));
    let pinned = PinnedKeys { current: first.public(), next: Some(second.public()) };
    assert_eq!(opened(&first, &pinned).unwrap().key(), first.public());
    assert_eq!(opened(&second, &pinned).unwrap().key(), second.public());
    let key = third.public().to_string();
    assert_eq!(opened(&third, &pinned).unwrap_err(), Refused::KeyNotPinned { key });
}

#[test]
fn a_signature_that_only_names_a_pinned_key_is_none() {
    let manifest = Draft::sound().manifest_bytes();
    let forger = SigningKey::from_secret(&[3; 32]);
    let forged = String::from_utf8(forger.sign_manifest(&manifest)).unwrap();
    let forged =
        forged.replace(&forger.public().to_string(), &PublicKey::development().to_string());
    let refused = Signed::open(&manifest, forged.as_bytes(), &pinned()).unwrap_err();
    assert_eq!(refused, Refused::SignatureWrong { part: "manifest.json" });
}

#[test]
fn a_signature_over_the_bare_bytes_is_none_over_a_manifest() {
    use ed25519_dalek::Signer as _;
    let manifest = Draft::sound().manifest_bytes();
    let secret = [7; 32];
    let bare = ed25519_dalek::SigningKey::from_bytes(&secret).sign(&manifest).to_bytes();
    let key = SigningKey::from_secret(&secret).public();
    let file = format!(
        "{{\"key\":\"{key}\",\"signature\":\"{}\"}}",
        data_encoding::HEXLOWER.encode(&bare)
    );
    let pinned = PinnedKeys { current: key, next: None };
    let refused = Signed::open(&manifest, file.as_bytes(), &pinned).unwrap_err();
    assert_eq!(refused, Refused::SignatureWrong { part: "manifest.json" });
}

#[test]
fn another_schema_an_older_runtime_and_a_past_day_are_refused() {
    let signed = opened(&SigningKey::development(), &pinned()).unwrap();
    let schema = FeatureSchema { name: "trial/1".to_owned(), sha256: Sha256Hash::of(b"a, b") };
    let today = |text: &str| text.parse::<Day>().unwrap();
    let check = |schema: &FeatureSchema, runtime, today| {
        signed.check_expected(&Expectation { schema, runtime, today })
    };
    assert_eq!(check(&schema, RUNTIME, today("2026-12-31")), Ok(()), "the last day counts");
    let expired = check(&schema, RUNTIME, today("2027-01-01"));
    assert_eq!(expired, Err(Refused::Expired { on: today("2026-12-31") }));
    let older = RuntimeVersion { major: 0, minor: 0, patch: 9 };
    assert!(matches!(
        check(&schema, older, today("2026-07-01")),
        Err(Refused::RuntimeTooOld { .. })
    ));
    for other in [
        FeatureSchema { sha256: Sha256Hash::of(b"b, a"), ..schema.clone() },
        FeatureSchema { name: "trial/2".to_owned(), ..schema },
    ] {
        let refused = check(&other, RUNTIME, today("2026-07-01"));
        assert!(matches!(refused, Err(Refused::SchemaDiffers { .. })), "{other:?}");
    }
}

#[test]
fn the_secret_half_is_never_shown() {
    assert_eq!(format!("{:?}", SigningKey::development()), "SigningKey(secret)");
}
