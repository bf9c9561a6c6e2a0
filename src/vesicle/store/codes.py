"""The numbers that stand for members of closed sets in databases."""

from vesicle.model.delivery import Gate, Policy, State
from vesicle.model.event import EventType
from vesicle.model.paper import CandidateState, Standing
from vesicle.model.reader import AskPurpose
from vesicle.model.slot import SlotState
from vesicle.model.subscriber import ConsentEvent, Frequency, SubscriberStatus, SuppressionReason

# These numbers stand in databases: add to them, never change one.
STATES = {
    State.PENDING: 0,
    State.TAKEN: 1,
    State.SENDING: 2,
    State.SENT: 3,
    State.DEFERRED: 4,
    State.FAILED: 5,
    State.UNKNOWN: 6,
    State.SKIPPED: 7,
}
STATUSES = {
    SubscriberStatus.PENDING: 0,
    SubscriberStatus.CONFIRMED: 1,
    SubscriberStatus.UNSUBSCRIBED: 2,
    SubscriberStatus.BOUNCED: 3,
    SubscriberStatus.COMPLAINED: 4,
}
GATES = {
    Gate.OPEN: 0,
    Gate.HELD: 1,
    Gate.RESTORED: 2,
    Gate.CANCELLED: 3,
    Gate.AS_FROZEN: 4,
}
POLICIES = {
    Policy.HOLD: 0,
    Policy.RESEND: 1,
}
SLOT_STATES = {
    SlotState.OPEN: 0,
    SlotState.DONE: 1,
    SlotState.MISSED: 2,
    SlotState.SKIPPED: 3,
}
FREQUENCIES = {
    Frequency.EVERY: 0,
    Frequency.MONTHLY: 1,
}
ASK_PURPOSES = {
    AskPurpose.SIGN_UP: 0,
    AskPurpose.DATA: 1,
}
EVENT_TYPES = {
    EventType.DELIVERED: 0,
    EventType.OPENED: 1,
    EventType.CLICKED: 2,
    EventType.BOUNCED: 3,
    EventType.DEFERRED: 4,
    EventType.COMPLAINED: 5,
    EventType.UNSUBSCRIBED: 6,
    EventType.REJECTED: 7,
    EventType.UNKNOWN: 8,
}
CONSENT_EVENTS = {
    ConsentEvent.IMPORTED: 0,
    ConsentEvent.ASKED: 1,
    ConsentEvent.CONFIRMED: 2,
    ConsentEvent.CHANGED: 3,
    ConsentEvent.WITHDRAWN: 4,
}
SUPPRESSION_REASONS = {
    SuppressionReason.BOUNCED: 0,
    SuppressionReason.COMPLAINED: 1,
    SuppressionReason.ERASED: 2,
    SuppressionReason.BY_HAND: 3,
}
CANDIDATE_STATES = {
    CandidateState.NEW: 0,
    CandidateState.KEPT: 1,
    CandidateState.SKIPPED: 2,
}
STANDINGS = {
    Standing.RETRACTED: 0,
    Standing.WITHDRAWN: 1,
    Standing.DELETED: 2,
    Standing.CONCERN: 3,
    Standing.NOTICE: 4,
    Standing.CORRECTED: 5,
    Standing.SOUND: 6,
}
