//! Failures of librdkafka, in the classes of the log.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::log::LogError;

/// The class of a failure: what passes when the broker is back is [`LogError::Stopped`]. So does what a broker makes of the numbers of
/// a producer whose messages it did not answer for a while: the next messages have new ones.
pub(super) fn log_error(error: &KafkaError) -> LogError {
    match error.rdkafka_error_code() {
        Some(Code::QueueFull) => LogError::BackPressure,
        Some(
            Code::AllBrokersDown
            | Code::BrokerNotAvailable
            | Code::BrokerTransportFailure
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::InvalidProducerEpoch
            | Code::LeaderNotAvailable
            | Code::MessageTimedOut
            | Code::NetworkException
            | Code::NotCoordinator
            | Code::NotLeaderForPartition
            | Code::OperationTimedOut
            | Code::OutOfOrderSequenceNumber
            | Code::ProducerFenced
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::TimedOutQueue
            | Code::UnknownProducerId
            | Code::WaitingForCoordinator,
        ) => LogError::Stopped,
        _ => LogError::Broker(error.to_string()),
    }
}
