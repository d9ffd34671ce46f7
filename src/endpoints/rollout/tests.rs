//! Rollout rules.
