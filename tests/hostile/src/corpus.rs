//! What is sound: the log of a busy region, every command, the shipped models, problems of every format, site profiles.
//! Everything here is read by its reader without complaint; mutation starts from it.

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ObjType, ROOT};
use shared_model::document::{
    CustomerFields, DocumentKind, Writer, create_customer, edit_customer, merge, write_note,
};
use shared_model::enrolment::{Ask, EnrolmentRequest};
use shared_model::log::{EntryBytes, Epoch, Range, Seq};
use shared_model::sync::v1::{
    Batch, BlobAnswer, BlobAsk, EpochHead, EpochHeld, FeedBatch, FeedItem, Frame, Hello, Verdict,
    Welcome,
};
use shared_model::tax::Jurisdiction;

use crate::day::dice::Dice as DayDice;
use crate::day::{MORNING, Region, random};

const STEPS: usize = 300;
const SITES: [&str; 2] = ["NBO-1", "NBO-2"];
/// Entries that go into one frame of the corpus.
const FRAME_ENTRIES: usize = 12;

/// Inputs by the reader that they are for.
pub(crate) struct Corpus {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) payloads: Vec<Vec<u8>>,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) blob_frames: Vec<Vec<u8>>,
    pub(crate) enrolments: Vec<Vec<u8>>,
    /// Name and body.
    pub(crate) commands: Vec<(String, Vec<u8>)>,
    pub(crate) problems: Vec<Vec<u8>>,
    pub(crate) profiles: Vec<Vec<u8>>,
    pub(crate) manifests: Vec<Vec<u8>>,
    pub(crate) preprocessings: Vec<Vec<u8>>,
    pub(crate) goldens: Vec<Vec<u8>>,
    pub(crate) histograms: Vec<Vec<u8>>,
    pub(crate) documents: Vec<(DocumentKind, Option<Vec<u8>>, Vec<u8>)>,
    /// Changes of some hundred bytes that unfold to very much.
    pub(crate) bombs: Vec<Vec<u8>>,
}

impl Corpus {
    pub(crate) fn new(seed: u64) -> Self {
        let log = lived(seed);
        let entries: Vec<Vec<u8>> = log.iter().map(|entry| entry.as_bytes().to_vec()).collect();
        let payloads = log.iter().map(|entry| entry.entry().payload.to_vec()).collect();
        Self {
            frames: frames(&log),
            entries,
            payloads,
            blob_frames: blob_frames(),
            enrolments: enrolments(),
            commands: commands(),
            problems: problems(),
            profiles: vec![
                include_bytes!("../../../firmware-config/profiles/nbo-1.toml").to_vec(),
                include_bytes!("../../../firmware-config/profiles/los-1.toml").to_vec(),
            ],
            manifests: vec![
                include_bytes!("../../../models/artefacts/demand/1/manifest.json").to_vec(),
                include_bytes!("../../../models/artefacts/discover/1/manifest.json").to_vec(),
            ],
            preprocessings: vec![
                include_bytes!("../../../models/artefacts/demand/1/preproc.json").to_vec(),
            ],
            goldens: vec![include_bytes!("../../../models/artefacts/demand/1/golden.bin").to_vec()],
            histograms: vec![
                include_bytes!("../../../models/artefacts/demand/1/reference_hist.json").to_vec(),
            ],
            documents: documents(),
            bombs: vec![letters(60_000), letters(300_000)],
        }
    }
}

fn lived(seed: u64) -> Vec<EntryBytes> {
    let mut region = Region::new(Jurisdiction::KE, &SITES);
    let mut dice = DayDice::new(seed);
    for _ in 0..STEPS {
        let at = dice.below(region.depots.len());
        let (by, name, body) = random::command(&mut region.depots[at], &mut dice, &SITES);
        let _refused = region.depots[at].ask(by, name, body).is_err();
        if dice.once_in(20) {
            region.exchange();
        }
    }
    let depots = region.depots.iter().flat_map(|depot| depot.log.iter());
    region.hub.log.iter().chain(depots).cloned().collect()
}

fn frames(log: &[EntryBytes]) -> Vec<Vec<u8>> {
    let key = shared_model::log::AuthorKey::from_secret(&[5; 32]);
    let seal = |entry: &EntryBytes| key.seal(entry.entry().position, entry.hash());
    let mut frames = Vec::new();
    for some in log.chunks(FRAME_ENTRIES) {
        let Some(first) = some.first() else { continue };
        let at = first.entry().position;
        let entries = some.iter().map(|entry| entry.as_bytes().to_vec().into()).collect();
        let seals = some.last().map(seal).into_iter().collect();
        frames.push(Frame::Batch(Batch { epoch: at.epoch, first: at.seq, entries, seals }));
        let item = |entry: &EntryBytes| FeedItem {
            entry: entry.as_bytes().to_vec().into(),
            seal: seal(entry),
        };
        let items = some.iter().map(item).collect();
        frames.push(Frame::Feed(FeedBatch { items, position: 40 }));
    }
    if let Some(first) = log.first() {
        let position = first.entry().position;
        let head = EpochHead { epoch: Epoch(1), seq: Seq(9), hash: first.hash() };
        frames.push(Frame::Hello(Hello {
            protocol_min: 1,
            protocol_max: 1,
            node: position.node,
            site: "NBO-1".parse().expect("a site's code"),
            heads: vec![head],
            hub_incarnation: Some(vec![1; 16].into()),
            cursor: 7,
            software: "0.1.0".to_owned(),
            now: MORNING,
            denylist: Some(3),
        }));
        let ranges = vec![Range { first: Seq(1), last: Seq(9) }];
        frames.push(Frame::Welcome(Welcome {
            protocol: 1,
            hub: position.node,
            incarnation: vec![1; 16].into(),
            held: vec![EpochHeld { epoch: Epoch(1), ranges }],
            verdict: Verdict::Restored { epoch: Epoch(1), first: Seq(3), last: Seq(9) },
            now: MORNING,
        }));
    }
    frames.iter().map(Frame::encode).collect()
}

fn blob_frames() -> Vec<Vec<u8>> {
    let blob = shared_model::blob::BlobId::from_bytes([0xab; 32]);
    vec![BlobAsk { blob, offset: 65_536 }.encode(), BlobAnswer::Found { bytes: 1 << 20 }.encode()]
}

fn enrolments() -> Vec<Vec<u8>> {
    let ask = Ask::Enrol(EnrolmentRequest {
        secret: [3; shared_model::enrolment::SECRET_BYTES],
        node: shared_model::id::NodeId::new(uuid::Uuid::from_u128(17)),
        site: "NBO-1".to_owned(),
        csr: vec![0x30; 200],
        author_public_key: [4; 32],
        signature: [5; 64],
    });
    vec![minicbor::to_vec(&ask).expect("writing to memory")]
}

fn commands() -> Vec<(String, Vec<u8>)> {
    let text = include_str!("../../vectors/commands.json");
    let known: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).expect("the vectors are JSON");
    known.into_iter().map(|(name, body)| (name, body.to_string().into_bytes())).collect()
}

fn problems() -> Vec<Vec<u8>> {
    const SOLOMON: &str = "Small\n\nVEHICLE\nNUMBER CAPACITY\n 2 10\n\nCUSTOMER\n\
        CUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE\n\n\
        0 0 0 0 0 1000 0\n1 3 4 5 0 500 10\n2 6 8 5 10 600 10\n";
    const LI_LIM: &str =
        "2 10 1\n0 0 0 0 0 1000 0 0 0\n1 3 4 5 0 500 10 0 2\n2 6 8 -5 10 600 10 1 0\n";
    const VRPLIB: &str = "NAME : small\nTYPE : CVRP\nDIMENSION : 3\nVEHICLES : 2\nCAPACITY : 6\n\
        EDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 4\n3 6 8\nDEMAND_SECTION\n\
        1 0\n2 5\n3 5\nDEPOT_SECTION\n1\n-1\nEOF\n";
    let json = include_str!("../../../edge-node/samples/problem.json");
    [SOLOMON, LI_LIM, VRPLIB, json].iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn documents() -> Vec<(DocumentKind, Option<Vec<u8>>, Vec<u8>)> {
    let fields = |name: &str| CustomerFields {
        name: Some(name.to_owned()),
        phone: Some("0712 345678".to_owned()),
        note: Some("Blue gate, ring twice".to_owned()),
        ..CustomerFields::default()
    };
    let created = create_customer(Writer([1; 16]), &fields("Wanjiru")).expect("a change");
    let saved = merge(None, &created).expect("a document");
    let edited = edit_customer(&saved, Writer([2; 16]), &fields("Achieng")).expect("a change");
    let note = write_note(None, Writer([3; 16]), "Leave it at the kiosk").expect("a change");
    vec![
        (DocumentKind::Customer, None, created),
        (DocumentKind::Customer, Some(saved), edited),
        (DocumentKind::DeliveryNote, None, note),
    ]
}

fn letters(count: usize) -> Vec<u8> {
    let mut document = AutoCommit::new();
    let note = document.put_object(ROOT, "note", ObjType::Text).expect("an empty document");
    document.splice_text(&note, 0, 0, &"a".repeat(count)).expect("a text");
    document.save()
}
