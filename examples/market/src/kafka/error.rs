//! Failures of librdkafka, in the classes of the log.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use crate::log::LogError;

/// The class of a failure: what passes when the broker is back is [`LogError::Stopped`].
pub(super) fn log_error(error: &KafkaError) -> LogError {
    match error.rdkafka_error_code() {
        Some(Code::QueueFull) => LogError::BackPressure,
        Some(
            Code::AllBrokersDown
            | Code::BrokerNotAvailable
            | Code::BrokerTransportFailure
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::LeaderNotAvailable
            | Code::MessageTimedOut
            | Code::NetworkException
            | Code::NotCoordinator
            | Code::NotLeaderForPartition
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::TimedOutQueue
            | Code::WaitingForCoordinator,
        ) => LogError::Stopped,
        _ => LogError::Broker(error.to_string()),
    }
}
