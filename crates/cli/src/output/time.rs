//! Times: RFC 3339 for programs, and how long ago for people.

use std::time::{Duration, SystemTime};

/// `2026-01-12T16:40:00Z`.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// `3h ago`.
pub(crate) fn ago(time: SystemTime) -> String {
    match SystemTime::now().duration_since(time) {
        Ok(past) if past.as_secs() > 0 => format!("{} ago", rough(past)),
        Ok(_) => "just now".to_owned(),
        Err(ahead) => format!("in {}", rough(ahead.duration())),
    }
}

/// The largest unit: `42s`, `5m`, `3h`, `12d`.
fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// How long something took: `812ms`, `4.2s`, `42s`, `2m 10s`, `1h 5m`.
pub(crate) fn took(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_unit() {
        let told = [0, 59, 60, 3599, 3600, 86_399, 86_400, 8_640_000].map(Duration::from_secs);
        assert_eq!(
            told.map(rough),
            ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "100d"]
        );
        let took_ms = [812, 4_210, 42_000, 130_000, 3_900_000].map(Duration::from_millis);
        assert_eq!(
            took_ms.map(took),
            ["812ms", "4.2s", "42s", "2m 10s", "1h 5m"]
        );
    }

    #[expect(
        clippy::duration_suboptimal_units,
        reason = "Unix times are in seconds"
    )]
    #[test]
    fn a_program_gets_rfc_3339() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_736_700_000);
        assert_eq!(rfc3339(time), "2025-01-12T16:40:00Z");
    }
}
