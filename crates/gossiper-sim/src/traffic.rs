//! What the network carried, and what became of it.

/// What a message is for, in either protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// It carries rumors: a push.
    Rumors,
    /// It says only that rumors have come, or were known.
    Feedback,
    /// It announces rumors without their payloads.
    Announcement,
    /// It asks for rumors that were announced.
    Request,
    /// It asks what its sender lacks.
    Question,
    /// It answers a question.
    Answer,
}

/// Counters of messages, from the beginning of a cluster or over one run.
///
/// A message is counted as *sent* once; the network may make a second copy of
/// it. Every copy is delivered, lost or still on its way:
/// `sent + duplicated = delivered + lost() + in flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Messages that nodes sent.
    pub sent: u64,
    /// Of those, pushes: messages with rumors.
    pub pushes: u64,
    /// Of those, messages that say only which rumors have come, or were known.
    pub feedback: u64,
    /// Of those, messages without rumors that announce some.
    pub announcements: u64,
    /// Of those, messages that ask for rumors, and neither bring nor announce any.
    pub requests: u64,
    /// Of those, questions.
    pub questions: u64,
    /// Of those, answers.
    pub answers: u64,
    /// Second copies that the network made.
    pub duplicated: u64,
    /// Copies that arrived.
    pub delivered: u64,
    /// Copies that the network lost.
    pub lost_by_network: u64,
    /// Copies that a partition stopped, at sending or at arrival.
    pub lost_by_partition: u64,
    /// Copies that arrived where no node was running.
    pub lost_by_crash: u64,
    /// Copies that took a round or more.
    pub delayed: u64,
    /// Copies that changed places with another.
    pub reordered: u64,
    /// Bytes of the messages sent; `None` where they are not counted.
    pub bytes: Option<u64>,
}

impl Traffic {
    /// Copies that did not arrive, for whatever reason.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost_by_network + self.lost_by_partition + self.lost_by_crash
    }

    /// Copies that are still on their way.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.sent + self.duplicated - self.delivered - self.lost()
    }

    /// What has come on top of `earlier` counters of the same cluster.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            sent: self.sent - earlier.sent,
            pushes: self.pushes - earlier.pushes,
            feedback: self.feedback - earlier.feedback,
            announcements: self.announcements - earlier.announcements,
            requests: self.requests - earlier.requests,
            questions: self.questions - earlier.questions,
            answers: self.answers - earlier.answers,
            duplicated: self.duplicated - earlier.duplicated,
            delivered: self.delivered - earlier.delivered,
            lost_by_network: self.lost_by_network - earlier.lost_by_network,
            lost_by_partition: self.lost_by_partition - earlier.lost_by_partition,
            lost_by_crash: self.lost_by_crash - earlier.lost_by_crash,
            delayed: self.delayed - earlier.delayed,
            reordered: self.reordered - earlier.reordered,
            bytes: self.bytes.zip(earlier.bytes).map(|(now, then)| now - then),
        }
    }

    pub(crate) const fn count_sent(&mut self, kind: MessageKind) {
        self.sent += 1;
        match kind {
            MessageKind::Rumors => self.pushes += 1,
            MessageKind::Feedback => self.feedback += 1,
            MessageKind::Announcement => self.announcements += 1,
            MessageKind::Request => self.requests += 1,
            MessageKind::Question => self.questions += 1,
            MessageKind::Answer => self.answers += 1,
        }
    }
}
