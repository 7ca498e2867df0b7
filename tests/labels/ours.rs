//! Labels a file as `starttap frames --all-ports` does.

use std::collections::HashMap;
use std::path::Path;

use starttap::capture::open::open;
use starttap::decode::{Decoded, Decoder, IcmpError, Segment};
use starttap::flow::table::{Located, Table};
use starttap::limits::Limits;
use starttap::tcp::{Connection, Labels};

use super::Row;

/// One row per frame: `None` for frames without a whole TCP header. A capture that is damaged or
/// cut short ends there.
pub fn rows(file: &Path) -> Vec<Option<Row>> {
    let limits = Limits::default();
    let mut labeller = Labeller::new(&limits);
    let Ok(mut source) = open(file, &limits, 0) else {
        return Vec::new();
    };
    let mut decoder = Decoder::new(&limits);
    while let Ok(Some(frame)) = source.next() {
        match decoder.decode(&frame) {
            Decoded::Tcp(segment) => labeller.tcp(&segment),
            Decoded::Icmp(error) => labeller.icmp(&error),
            Decoded::Nothing(_) => labeller.rows.push(None),
        }
    }
    labeller.finish()
}

struct Labeller {
    table: Table,
    connections: HashMap<u64, Connection>,
    /// With the connection, whose completeness is known at the end.
    rows: Vec<Option<(u64, Row)>>,
}

impl Labeller {
    fn new(limits: &Limits) -> Self {
        Self {
            table: Table::new(limits),
            connections: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn tcp(&mut self, segment: &Segment<'_>) {
        let located = self.table.locate(segment, true).expect("room");
        let connection = self.connections.entry(located.connection).or_default();
        let labels = connection.analyse(segment, located.side, located.arrival);
        self.push(&located, Some(&labels));
    }

    fn icmp(&mut self, error: &IcmpError<'_>) {
        let located = self.table.locate_quoted(error, true);
        let Some(located) = located.filter(|_| error.full_header) else {
            self.rows.push(None);
            return;
        };
        let connection = self.connections.entry(located.connection).or_default();
        connection.quoted(&error.quoted, located.side, located.arrival);
        self.push(&located, None);
    }

    fn push(&mut self, located: &Located, labels: Option<&Labels>) {
        let is_quote = labels.is_none();
        let labels = labels.copied().unwrap_or_default();
        let row = Row {
            is_quote,
            stream: located.stream.expect("numbered"),
            labels: labels.to_string(),
            dup_ack: (labels.dup_ack_num.into(), labels.dup_ack_frame),
            rto: (labels.rto, labels.rto_frame),
            initial_rtt: self.connections[&located.connection].initial_rtt(),
            completeness: None,
        };
        self.rows.push(Some((located.connection, row)));
    }

    fn finish(self) -> Vec<Option<Row>> {
        let connections = self.connections;
        self.rows
            .into_iter()
            .map(|row| {
                let (connection, mut row) = row?;
                row.completeness = Some(connections[&connection].completeness());
                Some(row)
            })
            .collect()
    }
}
