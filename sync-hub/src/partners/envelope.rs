//! One event as partners read it: a CloudEvent 1.0 in structured JSON, and the subject it goes
//! under. Pure.

use bytes::Bytes;
use serde::Serialize;
use shared_model::id::RegionCode;
use shared_model::log::EntryBytes;
use shared_model::workflows::{Body, PublishedFacts, published};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::progress::Waiting;

/// What goes into the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) subject: String,
    /// The entry's id and the event's place in it: the same event has it for ever.
    pub(super) id: String,
    pub(super) json: Bytes,
}

/// cloudevents.io/spec v1.0.2, JSON format; `partitionkey` and `sequence` are its extensions.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    #[serde(rename = "type")]
    name: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    partitionkey: &'a str,
    sequence: String,
    data: &'a PublishedFacts,
}

/// All events of an entry that partners hear of. An entry that this build cannot read has none.
pub(super) fn messages(region: &RegionCode, waiting: &Waiting) -> Vec<Message> {
    let Ok(entry) = EntryBytes::parse(waiting.bytes.clone()) else { return Vec::new() };
    let entry = entry.entry();
    let Ok(body) = Body::decode(&entry.payload) else { return Vec::new() };
    let (site, at_ms) = (&waiting.site, entry.hlc.at().ms());
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned());
    published(&body)
        .filter_map(|(place, event)| {
            let id = format!("{}:{place}", entry.id);
            let position = entry.position;
            let cloud_event = CloudEvent {
                specversion: "1.0",
                id: &id,
                source: format!("/regions/{region}/sites/{site}"),
                name: format!("omniroute.{}.v1", event.name),
                subject: &event.subject,
                time: time.clone(),
                datacontenttype: "application/json",
                partitionkey: &event.subject,
                sequence: format!("{:010}.{:020}.{place:05}", position.epoch.0, position.seq.0),
                data: &event.facts,
            };
            let json = serde_json::to_vec(&cloud_event).ok()?.into();
            let subject = format!("omniroute.{region}.{site}.{}", event.name);
            Some(Message { subject, id, json })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared_model::delivery::FailureReason;
    use shared_model::gig;
    use shared_model::id::{EntryId, NodeId, OrderId, StaffId, TaskId};
    use shared_model::log::{Entry, Epoch, Hash, Position, Scope, Seq};
    use shared_model::time::{ClockTrust, Hlc, Timestamp};
    use shared_model::workflows::Event;
    use shared_model::{orders, staff};
    use uuid::Uuid;

    fn waiting(events: Vec<Event>) -> Waiting {
        let node = NodeId::new(Uuid::from_u128(7));
        let entry = EntryBytes::seal_in(Entry {
            position: Position { node, epoch: Epoch(2), seq: Seq(41) },
            prev: Hash::ZERO,
            hlc: Hlc::from_parts(Timestamp::from_ms(1_795_000_000_123), 0),
            clock: ClockTrust::Trusted,
            scope: Scope::Site,
            kind: 1,
            schema: 1,
            id: EntryId::new(Uuid::from_u128(9)),
            actor: None,
            payload: Body { events, postings: Vec::new() }.encode().into(),
        });
        Waiting { site: "NBO-1".to_owned(), bytes: entry.unwrap().as_bytes().to_vec() }
    }

    #[test]
    fn an_event_is_a_cloud_event_to_the_letter() {
        let (task, order) = (TaskId::new(Uuid::from_u128(3)), OrderId::new(Uuid::from_u128(4)));
        let waiting = waiting(vec![
            Event::Orders(orders::Event::LinePicked {
                order,
                line: 1,
                quantity: 1,
                short_reason: Some("Mama Wanjiru took it".to_owned()),
            }),
            Event::Gig(gig::Event::TaskFailed { task, reason: FailureReason::Absent }),
        ]);
        let messages = messages(&"nairobi".parse().unwrap(), &waiting);
        assert_eq!(messages.len(), 1, "what a picker typed is nobody else's business");
        assert_eq!(messages[0].subject, "omniroute.nairobi.NBO-1.delivery.failed");
        let json: Value = serde_json::from_slice(&messages[0].json).unwrap();
        let about = "00000000-0000-0000-0000-000000000003";
        assert_eq!(
            json,
            json!({
                "specversion": "1.0",
                "id": "00000000-0000-0000-0000-000000000009:1",
                "source": "/regions/nairobi/sites/NBO-1",
                "type": "omniroute.delivery.failed.v1",
                "subject": about,
                "time": "2026-11-18T11:06:40.123Z",
                "datacontenttype": "application/json",
                "partitionkey": about,
                "sequence": "0000000002.00000000000000000041.00001",
                "data": {"task": about, "reason": "absent"},
            })
        );
    }

    #[test]
    fn persons_and_what_cannot_be_read_are_not_handed_on() {
        let staff = staff::Event::StaffLeft { staff: StaffId::new(Uuid::from_u128(5)) };
        let rider = gig::Event::EarningAccrued {
            task: TaskId::new(Uuid::from_u128(3)),
            rider: shared_model::id::RiderId::new(Uuid::from_u128(6)),
            amount_minor: 12_000,
        };
        let region = "nairobi".parse().unwrap();
        assert!(
            messages(&region, &waiting(vec![Event::Staff(staff), Event::Gig(rider)])).is_empty()
        );
        let garbage = Waiting { site: "NBO-1".to_owned(), bytes: vec![0xff; 20] };
        assert!(messages(&region, &garbage).is_empty());
    }
}
