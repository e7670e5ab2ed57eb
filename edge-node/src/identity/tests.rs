//! Sign-in as people and thieves live it, with both clocks in the test's hand.

use super::testing::{AMINA, AMINA_PIN, Depot, MUSA, MUSA_PIN};
use super::*;
use sessions::{IDLE_MS_MAX, SESSION_MS_MAX};
use uuid::Uuid;
use web_rim::lockout::TRIES_FREE;

const MINUTE_MS: u64 = 60_000;

fn start() -> Moment {
    Moment {
        wall: Timestamp::from_ms(1_700_000_000_000),
        uptime_ms: 1_000,
        boot: "a".to_owned(),
    }
}

fn after(moment: &Moment, ms: u64) -> Moment {
    let uptime_ms = moment.uptime_ms + ms;
    Moment {
        wall: later(moment.wall, ms),
        uptime_ms,
        boot: moment.boot.clone(),
    }
}

/// The machine was switched off and on; `wall_ms` is what its clock says then.
fn rebooted(wall_ms: i64, uptime_ms: u64) -> Moment {
    Moment {
        wall: Timestamp::from_ms(wall_ms),
        uptime_ms,
        boot: "b".to_owned(),
    }
}

async fn try_pin(
    identity: &Identity,
    device: DeviceId,
    pin: &str,
    now: &Moment,
) -> Result<(Token, SignedIn), SignInError> {
    identity
        .sign_in(device, MUSA, pin.to_owned(), now.clone())
        .await
}

#[tokio::test]
async fn a_person_signs_in_is_known_and_signs_out() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (device_token, device) = depot.pair(&identity, &start()).await;
    let (session, signed_in) = try_pin(&identity, device, MUSA_PIN, &start())
        .await
        .unwrap();
    assert_eq!((&*signed_in.name, signed_in.role), ("Musa", Role::Picker));

    let who = identity
        .who(&session, &device_token, start())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(who, signed_in);
    let remembered = identity
        .who(&session, &device_token, after(&start(), 1))
        .await
        .unwrap();
    assert_eq!(remembered.unwrap().staff, MUSA);
    let other = Token::draw().unwrap();
    assert_eq!(
        identity.who(&other, &device_token, start()).await.unwrap(),
        None
    );
    assert_eq!(
        identity.who(&session, &other, start()).await.unwrap(),
        None,
        "bound to its device"
    );

    identity.sign_out(&session).await.unwrap();
    assert_eq!(
        identity
            .who(&session, &device_token, start())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_restart_keeps_people_signed_in_and_the_clocks_end_it() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (device_token, device) = depot.pair(&identity, &start()).await;
    let (session, _) = try_pin(&identity, device, MUSA_PIN, &start())
        .await
        .unwrap();
    let known = async |identity: &Identity, now: Moment| {
        identity
            .who(&session, &device_token, now)
            .await
            .unwrap()
            .is_some()
    };
    let restarted = depot.identity();
    assert!(known(&restarted, after(&start(), IDLE_MS_MAX - 1)).await);
    // That use was written down: 8 hours count from it, 12 from the start.
    assert!(known(&depot.identity(), after(&start(), SESSION_MS_MAX - 1)).await);
    assert!(!known(&depot.identity(), after(&start(), SESSION_MS_MAX)).await);
    assert!(
        !known(&restarted, after(&start(), SESSION_MS_MAX)).await,
        "no memory outlives it"
    );

    let (session, _) = try_pin(&identity, device, MUSA_PIN, &start())
        .await
        .unwrap();
    let known = async |now: Moment| {
        let identity = depot.identity();
        identity
            .who(&session, &device_token, now)
            .await
            .unwrap()
            .is_some()
    };
    // A clock that jumps within one run of the machine changes nothing.
    assert!(
        known(Moment {
            wall: Timestamp::from_ms(0),
            ..start()
        })
        .await
    );
    assert!(
        known(Moment {
            wall: Timestamp::from_ms(i64::MAX),
            ..start()
        })
        .await
    );
    // After a power cut with a dead battery people go on; after a night they do not.
    assert!(known(rebooted(0, 500)).await);
    assert!(!known(rebooted(start().wall.ms() + 13 * 3_600_000, 500)).await);
    assert!(
        !known(after(&start(), IDLE_MS_MAX)).await,
        "nobody used it for 8 hours"
    );
}

#[tokio::test]
async fn wrong_pins_lead_to_pauses_that_no_clock_and_no_restart_shortens() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (_, device) = depot.pair(&identity, &start()).await;
    for left in (0..TRIES_FREE).rev() {
        let refused = try_pin(&identity, device, "0001", &start())
            .await
            .unwrap_err();
        assert!(matches!(refused, SignInError::WrongPin { tries_left } if tries_left == left));
    }
    let paused =
        async |identity: &Identity, now: Moment| match try_pin(identity, device, MUSA_PIN, &now)
            .await
        {
            Err(SignInError::LockedOut { wait_s }) => wait_s,
            other => panic!("{other:?}"),
        };
    assert_eq!(paused(&identity, start()).await, 60);
    assert_eq!(
        paused(&depot.identity(), after(&start(), MINUTE_MS - 1)).await,
        1
    );
    let far = Moment {
        wall: Timestamp::from_ms(i64::MAX),
        ..start()
    };
    assert_eq!(paused(&identity, far).await, 60);
    // Switching the box off and on begins the pause anew, whatever its clock was set to.
    assert_eq!(
        paused(&depot.identity(), rebooted(i64::MAX, 1_000)).await,
        59
    );

    let again = try_pin(&identity, device, "0001", &after(&start(), MINUTE_MS)).await;
    assert!(matches!(
        again,
        Err(SignInError::WrongPin { tries_left: 0 })
    ));
    assert_eq!(paused(&identity, after(&start(), MINUTE_MS)).await, 120);
    // Amina is not paused by Musa's mistakes, nor Musa on another device.
    let amina = identity
        .sign_in(device, AMINA, AMINA_PIN.to_owned(), start())
        .await;
    assert!(amina.is_ok());
    let (_, other) = depot.pair(&identity, &start()).await;
    assert!(try_pin(&identity, other, MUSA_PIN, &start()).await.is_ok());
    assert_eq!(paused(&identity, after(&start(), MINUTE_MS)).await, 120);

    identity.unlock(MUSA).await.unwrap();
    assert!(try_pin(&identity, device, MUSA_PIN, &start()).await.is_ok());
    let fresh = try_pin(&identity, device, "0001", &start()).await;
    assert!(
        matches!(fresh, Err(SignInError::WrongPin { tries_left: 4 })),
        "the right PIN forgives"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_sent_all_at_once_are_all_counted() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (_, device) = depot.pair(&identity, &start()).await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let identity = identity.clone();
            tokio::spawn(async move { try_pin(&identity, device, "0001", &start()).await })
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
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (_, device) = depot.pair(&identity, &start()).await;
    depot
        .store
        .write_local(|db| Ok(credentials::remove(db, MUSA)?))
        .await
        .unwrap();
    let stranger = StaffId::new(Uuid::from_u128(99));
    for staff in [MUSA, stranger] {
        for _ in 0..7 {
            let refused = identity
                .sign_in(device, staff, MUSA_PIN.to_owned(), start())
                .await;
            assert!(matches!(
                refused,
                Err(SignInError::WrongPin { tries_left: 4 })
            ));
        }
    }
    let rows = |db: &Connection| {
        Ok(
            db.query_row("SELECT count(*) FROM sign_in_tries", [], |row| {
                row.get::<_, i64>(0)
            })?,
        )
    };
    assert_eq!(depot.store.read(rows).await.unwrap(), 0);
}

#[tokio::test]
async fn a_revoked_device_and_a_new_pin_end_sessions_at_once() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (device_token, device) = depot.pair(&identity, &start()).await;
    let (session, _) = try_pin(&identity, device, MUSA_PIN, &start())
        .await
        .unwrap();
    let known = async |session: &Token, now: Moment| {
        identity
            .who(session, &device_token, now)
            .await
            .unwrap()
            .is_some()
    };
    assert!(known(&session, start()).await);
    // Another process (the command line) sets a PIN: felt when the memory is two seconds old.
    let phc = web_rim::secret::hash_now(&web_rim::secret::Pepper::from_bytes([7; 32]), b"77123");
    let phc = phc.unwrap();
    let set = move |db: &rusqlite::Transaction<'_>| {
        Ok(credentials::set(db, MUSA, &phc, Timestamp::from_ms(1))?)
    };
    depot.store.write_local(set).await.unwrap();
    assert!(!known(&session, after(&start(), 2_000)).await);
    assert!(
        try_pin(&identity, device, MUSA_PIN, &start())
            .await
            .is_err()
    );

    let (session, _) = try_pin(&identity, device, "77123", &start()).await.unwrap();
    assert!(known(&session, start()).await);
    assert!(identity.revoke_device(device, start().wall).await.unwrap());
    assert!(!known(&session, start()).await);
    assert_eq!(identity.device(&device_token).await.unwrap(), None);
    let listed = identity.devices().await.unwrap();
    assert_eq!((listed.len(), listed[0].revoked), (1, Some(start().wall)));
    assert!(
        !identity
            .revoke_device(DeviceId::new(Uuid::nil()), start().wall)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_device_has_one_person_at_a_time() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let (device_token, device) = depot.pair(&identity, &start()).await;
    let (first, _) = try_pin(&identity, device, MUSA_PIN, &start())
        .await
        .unwrap();
    identity
        .sign_in(device, AMINA, AMINA_PIN.to_owned(), start())
        .await
        .unwrap();
    assert_eq!(
        identity.who(&first, &device_token, start()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_code_pairs_one_device_within_a_quarter_of_an_hour() {
    let depot = Depot::new().await;
    let identity = depot.identity();
    let pair = async |code: &PairingCode, now: Moment| {
        identity
            .pair(Some(code.clone()), "Till".to_owned(), now)
            .await
    };
    let code = depot.code(&start()).await;
    let typed = code.to_string().to_lowercase().replace('-', " ");
    let typed = PairingCode::read(&typed).unwrap();
    pair(&typed, after(&start(), devices::CODE_MS_MAX - 1))
        .await
        .unwrap();
    assert!(
        matches!(pair(&code, start()).await, Err(PairError::NoSuchCode)),
        "used"
    );

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
    assert!(
        matches!(pair(&oldest, start()).await, Err(PairError::NoSuchCode)),
        "pushed out"
    );
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
    assert!(
        matches!(refused, Err(PairError::TooManyGuesses { wait_s: 1.. })),
        "{refused:?}"
    );
    assert!(guess(Some(code), after(&start(), MINUTE_MS)).await.is_ok());
}

#[test]
fn codes_are_read_as_people_type_them() {
    let code = PairingCode::draw().unwrap().to_string();
    assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
    let read = |text: &str| PairingCode::read(text).map(|code| code.to_string());
    assert_eq!(read("oil0-abcd").as_deref(), Some("0110-ABCD"));
    assert_eq!(read(" 0110 abcd ").as_deref(), Some("0110-ABCD"));
    for wrong in [
        "",
        "0110-ABC",
        "0110-ABCDE",
        "0110-ABCU",
        "0110-ABC!",
        "0110–ABCD",
        "é",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
