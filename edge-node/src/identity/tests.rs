//! Sign-in as people and thieves live it, with both clocks in the test's hand.

use super::testing::{AMINA, AMINA_PIN, Depot, MUSA, MUSA_PIN};
use super::*;
use sessions::{IDLE_MS_MAX, SESSION_MS_MAX};
use uuid::Uuid;
use web_rim::lockout::TRIES_FREE;

const MINUTE_MS: u64 = 60_000;

fn start() -> Moment {
    Moment { wall: Timestamp::from_ms(1_700_000_000_000), uptime_ms: 1_000, boot: "a".to_owned() }
}

fn after(moment: &Moment, ms: u64) -> Moment {
    let uptime_ms = moment.uptime_ms + ms;
    Moment { wall: later(moment.wall, ms), uptime_ms, boot: moment.boot.clone() }
}

/// The machine was switched off and on; `wall_ms` is what its clock says then.
fn rebooted(wall_ms: i64, uptime_ms: u64) -> Moment {
    Moment { wall: Timestamp::from_ms(wall_ms), uptime_ms, boot: "b".to_owned() }
}

/// A depot with one paired till.
struct Till {
    depot: Depot,
    identity: Identity,
    token: Token,
    device: DeviceId,
}

impl Till {
    async fn new() -> Self {
        let depot = Depot::new().await;
        let identity = depot.identity();
        let (token, device) = depot.pair(&identity, &start()).await;
        Self { depot, identity, token, device }
    }

    /// Musa types a PIN.
    async fn try_pin(&self, pin: &str, now: &Moment) -> Result<(Token, SignedIn), SignInError> {
        self.identity.sign_in(self.device, MUSA, pin.to_owned(), now.clone()).await
    }

    async fn musa(&self) -> Token {
        self.try_pin(MUSA_PIN, &start()).await.unwrap().0
    }

    /// How long the right PIN is not even looked at.
    async fn pause_s(&self, identity: &Identity, now: Moment) -> u64 {
        match identity.sign_in(self.device, MUSA, MUSA_PIN.to_owned(), now).await {
            Err(SignInError::LockedOut { wait_s }) => wait_s,
            other => panic!("{other:?}"),
        }
    }

    async fn who(&self, session: &Token, now: Moment) -> Option<SignedIn> {
        self.identity.who(session, &self.token, now).await.unwrap()
    }

    async fn knows(&self, session: &Token, now: Moment) -> bool {
        self.who(session, now).await.is_some()
    }

    async fn knows_after_restart(&self, session: &Token, now: Moment) -> bool {
        self.depot.identity().who(session, &self.token, now).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_person_signs_in_is_known_and_signs_out() {
    let till = Till::new().await;
    let (session, signed_in) = till.try_pin(MUSA_PIN, &start()).await.unwrap();
    assert_eq!((&*signed_in.name, signed_in.role), ("Musa", Role::Picker));
    assert_eq!(till.who(&session, start()).await.unwrap(), signed_in);
    assert!(till.knows(&session, after(&start(), 1)).await, "from memory");
    let other = Token::draw().unwrap();
    assert!(!till.knows(&other, start()).await);
    let elsewhere = till.identity.who(&session, &other, start()).await.unwrap();
    assert_eq!(elsewhere, None, "bound to its device");
    till.identity.sign_out(&session).await.unwrap();
    assert!(!till.knows(&session, start()).await);
}

#[tokio::test]
async fn a_restart_keeps_people_signed_in_and_the_shift_ends() {
    let till = Till::new().await;
    let session = till.musa().await;
    assert!(till.knows(&session, after(&start(), IDLE_MS_MAX - 1)).await);
    // That use was written down: 8 hours count from it, 12 from the start.
    assert!(till.knows_after_restart(&session, after(&start(), SESSION_MS_MAX - 1)).await);
    assert!(!till.knows_after_restart(&session, after(&start(), SESSION_MS_MAX)).await);
    assert!(!till.knows(&session, after(&start(), SESSION_MS_MAX)).await);
}

#[tokio::test]
async fn an_open_page_does_not_keep_a_session_alive() {
    let till = Till::new().await;
    let session = till.musa().await;
    let listens = async |ms: u64| {
        let now = after(&start(), ms);
        till.identity.is_signed_in(&session, &till.token, now).await.unwrap()
    };
    assert!(listens(IDLE_MS_MAX - 1).await);
    assert!(!listens(IDLE_MS_MAX).await);
    assert!(!till.knows(&session, after(&start(), IDLE_MS_MAX)).await);
}

#[tokio::test]
async fn clocks_that_jump_neither_keep_nor_end_a_session() {
    let till = Till::new().await;
    let session = till.musa().await;
    for wall in [0, i64::MAX] {
        let jumped = Moment { wall: Timestamp::from_ms(wall), ..start() };
        assert!(till.knows_after_restart(&session, jumped).await);
    }
    // After a power cut with a dead battery people go on; after a night they do not.
    assert!(till.knows_after_restart(&session, rebooted(0, 500)).await);
    let next_day = start().wall.ms() + 13 * 3_600_000;
    assert!(!till.knows_after_restart(&session, rebooted(next_day, 500)).await);
    let idle = after(&start(), IDLE_MS_MAX);
    assert!(!till.knows_after_restart(&session, idle).await, "nobody used it for 8 hours");
}

#[tokio::test]
async fn wrong_pins_lead_to_pauses_that_no_clock_and_no_restart_shortens() {
    let till = Till::new().await;
    for left in (0..TRIES_FREE).rev() {
        let refused = till.try_pin("0001", &start()).await.unwrap_err();
        assert!(matches!(refused, SignInError::WrongPin { tries_left } if tries_left == left));
    }
    let restarted = till.depot.identity();
    assert_eq!(till.pause_s(&till.identity, start()).await, 60);
    assert_eq!(till.pause_s(&restarted, after(&start(), MINUTE_MS - 1)).await, 1);
    let far = Moment { wall: Timestamp::from_ms(i64::MAX), ..start() };
    assert_eq!(till.pause_s(&till.identity, far).await, 60);
    // Switching the box off and on begins the pause anew, whatever its clock was set to.
    assert_eq!(till.pause_s(&restarted, rebooted(i64::MAX, 1_000)).await, 59);

    let minute_later = after(&start(), MINUTE_MS);
    let again = till.try_pin("0001", &minute_later).await;
    assert!(matches!(again, Err(SignInError::WrongPin { tries_left: 0 })));
    assert_eq!(till.pause_s(&till.identity, minute_later).await, 120);
}

#[tokio::test]
async fn a_pause_is_one_persons_on_one_device_and_can_be_lifted() {
    let till = Till::new().await;
    for _ in 0..TRIES_FREE {
        till.try_pin("0001", &start()).await.unwrap_err();
    }
    let identity = &till.identity;
    identity.sign_in(till.device, AMINA, AMINA_PIN.to_owned(), start()).await.unwrap();
    let (_, other) = till.depot.pair(identity, &start()).await;
    identity.sign_in(other, MUSA, MUSA_PIN.to_owned(), start()).await.unwrap();
    assert_eq!(till.pause_s(identity, start()).await, 60);

    identity.unlock(MUSA).await.unwrap();
    till.try_pin("0001", &start()).await.unwrap_err();
    till.musa().await;
    let fresh = till.try_pin("0001", &start()).await;
    assert!(
        matches!(fresh, Err(SignInError::WrongPin { tries_left: 4 })),
        "the right PIN forgives"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_sent_all_at_once_are_all_counted() {
    let till = Till::new().await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let wrong = (till.identity.clone(), till.device, "0001".to_owned());
            tokio::spawn(async move { wrong.0.sign_in(wrong.1, MUSA, wrong.2, start()).await })
        })
        .collect();
    let mut checked = 0;
    for one in tries {
        match one.await.unwrap().unwrap_err() {
            SignInError::WrongPin { .. } => checked += 1,
            SignInError::LockedOut { .. } => {}
            SignInError::Hash(_) | SignInError::Store(_) | SignInError::NoRandomness(_) => panic!(),
        }
    }
    assert_eq!(checked, TRIES_FREE);
}

#[tokio::test]
async fn people_who_cannot_sign_in_look_like_a_wrong_pin_and_fill_nothing() {
    let till = Till::new().await;
    till.depot.store.write_local(|db| Ok(credentials::remove(db, MUSA)?)).await.unwrap();
    let stranger = StaffId::new(Uuid::from_u128(99));
    for staff in [MUSA, stranger] {
        for _ in 0..7 {
            let pin = MUSA_PIN.to_owned();
            let refused = till.identity.sign_in(till.device, staff, pin, start()).await;
            assert!(matches!(refused, Err(SignInError::WrongPin { tries_left: 4 })));
        }
    }
    let rows = |db: &Connection| {
        Ok(db.query_row("SELECT count(*) FROM sign_in_tries", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(till.depot.store.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_pin_ends_sessions_even_when_another_process_sets_it() {
    let till = Till::new().await;
    let session = till.musa().await;
    assert!(till.knows(&session, start()).await);
    till.depot.set_pin(MUSA, "77123").await;
    assert!(!till.knows(&session, after(&start(), 2_000)).await);
    till.try_pin(MUSA_PIN, &start()).await.unwrap_err();
    till.try_pin("77123", &start()).await.unwrap();
}

#[tokio::test]
async fn a_revoked_device_is_out_at_once() {
    let till = Till::new().await;
    let session = till.musa().await;
    assert!(till.knows(&session, start()).await);
    assert!(till.identity.revoke_device(till.device, start().wall).await.unwrap());
    assert!(!till.knows(&session, start()).await);
    assert_eq!(till.identity.device(&till.token).await.unwrap(), None);
    let listed = till.identity.devices().await.unwrap();
    assert_eq!((listed.len(), listed[0].revoked), (1, Some(start().wall)));
    let unknown = DeviceId::new(Uuid::nil());
    assert!(!till.identity.revoke_device(unknown, start().wall).await.unwrap());
}

#[tokio::test]
async fn a_device_has_one_person_at_a_time() {
    let till = Till::new().await;
    let first = till.musa().await;
    let amina = AMINA_PIN.to_owned();
    till.identity.sign_in(till.device, AMINA, amina, start()).await.unwrap();
    assert!(!till.knows(&first, start()).await);
}

#[tokio::test]
async fn a_code_pairs_one_device_within_a_quarter_of_an_hour() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let pair = async |code: &PairingCode, now: Moment| {
        identity.pair(Some(code.clone()), "Till".to_owned(), now).await
    };
    let code = depot.code(&start()).await;
    let typed = code.to_string().to_lowercase().replace('-', " ");
    let typed = PairingCode::read(&typed).unwrap();
    pair(&typed, after(&start(), devices::CODE_MS_MAX - 1)).await.unwrap();
    assert!(matches!(pair(&code, start()).await, Err(PairError::NoSuchCode)), "used");

    let late = depot.code(&start()).await;
    let refused = pair(&late, after(&start(), devices::CODE_MS_MAX)).await;
    assert!(matches!(refused, Err(PairError::NoSuchCode)));
    let before_reboot = depot.code(&start()).await;
    let refused = pair(&before_reboot, rebooted(start().wall.ms(), 1)).await;
    assert!(matches!(refused, Err(PairError::NoSuchCode)));

    let oldest = depot.code(&start()).await;
    for _ in 0..16 {
        depot.code(&start()).await;
    }
    assert!(matches!(pair(&oldest, start()).await, Err(PairError::NoSuchCode)), "pushed out");
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let guess = async |code, now| identity.pair(code, "Till".to_owned(), now).await;
    for _ in 0..GUESSES_MAX {
        let refused = guess(None, start()).await;
        assert!(matches!(refused, Err(PairError::NoSuchCode)));
    }
    let code = depot.code(&start()).await;
    let refused = guess(Some(code.clone()), start()).await;
    assert!(matches!(refused, Err(PairError::TooManyGuesses { wait_s: 1.. })), "{refused:?}");
    assert!(guess(Some(code), after(&start(), MINUTE_MS)).await.is_ok());
}

#[test]
fn codes_are_read_as_people_type_them() {
    let code = PairingCode::draw().unwrap().to_string();
    assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
    let read = |text: &str| PairingCode::read(text).map(|code| code.to_string());
    assert_eq!(read("oil0-abcd").as_deref(), Some("0110-ABCD"));
    assert_eq!(read(" 0110 abcd ").as_deref(), Some("0110-ABCD"));
    for wrong in ["", "0110-ABC", "0110-ABCDE", "0110-ABCU", "0110-ABC!", "0110–ABCD", "é"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
