//! One flipped bit anywhere, a byte more, a byte less, a file in another's place.

use model_bundle::{PinnedKeys, Refused, SigningKey, folder};

use crate::draft::{Draft, pinned, verified};

#[test]
fn a_flipped_bit_anywhere_in_any_file_is_caught() {
    let draft = Draft::sound();
    let manifest = draft.manifest_bytes();
    let signature = SigningKey::development().sign_manifest(&manifest);
    assert!(verified(&manifest, &signature, &draft.files).is_ok());
    // One bit of each byte, another one each time: a signature takes its time to be checked.
    for byte in 0..manifest.len() {
        let damaged = flipped(&manifest, byte * 8 + byte % 8);
        assert!(verified(&damaged, &signature, &draft.files).is_err(), "manifest.json byte {byte}");
    }
    for bit in 0..signature.len() * 8 {
        let damaged = flipped(&signature, bit);
        assert!(verified(&manifest, &damaged, &draft.files).is_err(), "manifest.sig bit {bit}");
    }
    for file in 0..draft.files.len() {
        let (name, bytes) = draft.files[file].clone();
        for byte in 0..bytes.len() {
            let mut files = draft.files.clone();
            files[file].1 = flipped(&bytes, byte * 8 + byte % 8);
            let refused = verified(&manifest, &signature, &files).unwrap_err();
            assert_eq!(refused, Refused::FileDiffers { part: name }, "{name} byte {byte}");
            assert!(refused.may_be_damage());
        }
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    damaged[bit / 8] ^= 1 << (bit % 8);
    damaged
}

#[test]
fn a_folder_is_read_within_its_limits() {
    let draft = Draft::sound();
    let place = tempfile::tempdir().unwrap();
    let manifest = draft.manifest_bytes();
    let write = |name: &str, bytes: &[u8]| std::fs::write(place.path().join(name), bytes).unwrap();
    write("manifest.json", &manifest);
    write("manifest.sig", &SigningKey::development().sign_manifest(&manifest));
    draft.files.iter().for_each(|(name, bytes)| write(name, bytes));
    let read = || folder::read(place.path(), &pinned());
    assert_eq!(read().unwrap(), draft.verified().unwrap());

    let card = draft.files[4].1.clone();
    write("card.json", &[&card[..], b" "].concat());
    assert_eq!(read().unwrap_err(), Refused::FileDiffers { part: "card.json" });
    write("card.json", &card[..card.len() - 1]);
    assert_eq!(read().unwrap_err(), Refused::FileDiffers { part: "card.json" });
    std::fs::remove_file(place.path().join("card.json")).unwrap();
    assert!(matches!(read().unwrap_err(), Refused::Unreadable { part, .. } if part == "card.json"));

    write("manifest.json", &vec![b' '; 64 * 1024 + 1]);
    assert!(matches!(read().unwrap_err(), Refused::TooLarge { bytes_max: 65_536, .. }));
    let nobody = PinnedKeys { current: SigningKey::from_secret(&[1; 32]).public(), next: None };
    write("manifest.json", &manifest);
    assert!(matches!(folder::open(place.path(), &nobody), Err(Refused::KeyNotPinned { .. })));
}
