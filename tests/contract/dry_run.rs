//! A client for a dry run reads, and shows what it would write.

use std::sync::{Arc, Mutex};

use cerebras_management::{ErrorKind, Sent};

use crate::harness::operations::{good_service, nine};

#[tokio::test]
async fn no_write_is_sent_and_each_is_shown_without_the_key() {
    for operation in nine() {
        let service = good_service().await;
        let shown: Arc<Mutex<Vec<String>>> = Arc::default();
        let into = Arc::clone(&shown);
        let builder = service.builder().dry_run(move |request| {
            let path = request.url().path();
            let line = format!("{} {path}", request.method());
            assert!(
                request.headers().get("authorization").is_none(),
                "{request:?}"
            );
            into.lock().unwrap().push(line);
        });
        let result = (operation.send)(builder.build().unwrap()).await;
        let shown = shown.lock().unwrap();
        let sent = service.lines();
        if operation.writes() {
            let error = result.expect_err(operation.id);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_eq!(error.was_sent(), Sent::No);
            assert!(!error.may_have_happened());
            assert_eq!(*shown, [operation.line()]);
            let reads = sent.iter().all(|line| line.starts_with("GET "));
            assert!(reads, "{sent:?}");
        } else {
            result.expect(operation.id);
            assert!(shown.is_empty(), "{shown:?}");
            assert_eq!(sent, [operation.line()]);
        }
    }
}
