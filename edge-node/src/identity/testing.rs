//! A depot with two people on it, for the tests of identity and of its routes.

use rusqlite::Connection;
use shared_model::id::{NodeId, StaffId};
use shared_model::log::AuthorKey;
use shared_model::money::Currency;
use shared_model::staff::{Role, Staff};
use shared_model::tax::Jurisdiction;
use shared_model::time::Timestamp;
use shared_model::workflows::Site;
use uuid::Uuid;
use web_rim::secret::{Hasher, Pepper, hash_now};
use web_rim::token::Token;

use super::devices::{self, DeviceId, PairingCode};
use super::moment::Moment;
use super::{Identity, credentials};
use crate::store::{Opening, Store, StoreError};

pub(crate) const AMINA: StaffId = StaffId::new(Uuid::from_u128(1));
pub(crate) const AMINA_PIN: &str = "4071";
pub(crate) const MUSA: StaffId = StaffId::new(Uuid::from_u128(2));
pub(crate) const MUSA_PIN: &str = "903164";

/// Amina is the manager, Musa a picker. Anybody else is nobody.
pub(crate) fn find_staff(_: &Connection, staff: StaffId) -> Result<Option<Staff>, StoreError> {
    let person = |name: &str, role| Staff { staff, name: name.to_owned(), role, active: true };
    Ok(match staff {
        AMINA => Some(person("Amina", Role::Manager)),
        MUSA => Some(person("Musa", Role::Picker)),
        _ => None,
    })
}

/// A store in a temporary folder, which must outlive it.
pub(crate) struct Depot {
    pub(crate) store: Store,
    _folder: tempfile::TempDir,
}

impl Depot {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let depot = Self { store, _folder: folder };
        depot.set_pin(AMINA, AMINA_PIN).await;
        depot.set_pin(MUSA, MUSA_PIN).await;
        depot
    }

    /// As the command line does it.
    pub(crate) async fn set_pin(&self, staff: StaffId, pin: &str) {
        let phc = hash_now(&pepper(), pin.as_bytes()).unwrap();
        let set = move |db: &rusqlite::Transaction<'_>| {
            Ok(credentials::set(db, staff, &phc, Timestamp::from_ms(0))?)
        };
        self.store.write_local(set).await.unwrap();
    }

    /// As after a start of the process: nothing is remembered but what is stored.
    pub(crate) fn identity(&self) -> Identity {
        Identity::new(self.store.clone(), Hasher::new(pepper()).unwrap(), find_staff)
    }

    pub(crate) async fn code(&self, now: &Moment) -> PairingCode {
        let (code, now) = (PairingCode::draw().unwrap(), now.clone());
        let kept = code.clone();
        self.store.write_local(move |db| Ok(devices::keep_code(db, &kept, &now)?)).await.unwrap();
        code
    }

    pub(crate) async fn pair(&self, identity: &Identity, now: &Moment) -> (Token, DeviceId) {
        let code = self.code(now).await;
        let token = identity.pair(Some(code), "Till 1".to_owned(), now.clone()).await.unwrap();
        let device = identity.device(&token).await.unwrap().unwrap();
        (token, device)
    }
}

fn pepper() -> Pepper {
    Pepper::from_bytes([7; 32])
}

fn store(folder: &std::path::Path) -> Store {
    let opening = Opening {
        site: Site {
            node: NodeId::new(Uuid::from_u128(100)),
            hub: None,
            site: "NBO-1".parse().unwrap(),
            region: "nairobi".parse().unwrap(),
            entity: "KE".parse().unwrap(),
            currency: Currency::KES,
            jurisdiction: Jurisdiction::KE,
            bins: Vec::new(),
            unsellable: Vec::new(),
            rider_fee_minor: 0,
            count_variance_minor_max: 0,
        },
        author_key: AuthorKey::from_secret(&[7; 32]),
        process: [7; 16],
        built_ms: 0,
    };
    Store::open(&folder.join("node.sqlite"), opening).unwrap().0
}
