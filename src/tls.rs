//! TLS, of which only what is used is set up.
//!
//! To read the certificates that the platform trusts takes milliseconds, of which a client of a
//! simulator, or one that is built and not used, has no use. So they are read when the first
//! certificate is to be checked, and once in a process.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// The platform's way to check certificates, once it has been asked for.
static PLATFORM: Mutex<Option<Arc<Verifier>>> = Mutex::new(None);

/// TLS for one client: what reqwest sets up on its own, but for the moment.
pub(crate) fn config() -> Result<ClientConfig, rustls::Error> {
    // A program may have chosen another one for all that it does.
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ByPlatform(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Checks certificates as the platform does.
#[derive(Debug)]
struct ByPlatform(Arc<CryptoProvider>);

impl ByPlatform {
    fn verifier(&self) -> Result<Arc<Verifier>, rustls::Error> {
        let mut platform = PLATFORM.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*platform {
            return Ok(Arc::clone(known));
        }
        // What has failed is tried again the next time: the certificates may be there by then.
        let verifier = Verifier::new(Arc::clone(&self.0)).map_err(NoRoots)?;
        Ok(Arc::clone(platform.insert(Arc::new(verifier))))
    }
}

impl ServerCertVerifier for ByPlatform {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier()?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// There is nothing to check a certificate against.
#[derive(Clone, Debug)]
pub(crate) struct NoRoots(rustls::Error);

impl NoRoots {
    /// Finds it among the causes of an error.
    pub(crate) fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        // What an `io::Error` holds is not its source, but has the same one.
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Self::within(error.get_ref()?);
        }
        match error.downcast_ref() {
            Some(rustls::Error::Other(OtherError(cause))) => cause.downcast_ref(),
            _ => Self::within(error.source()?),
        }
    }
}

impl fmt::Display for NoRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no certificates to trust: {}", self.0)
    }
}

impl StdError for NoRoots {}

impl From<NoRoots> for rustls::Error {
    fn from(none: NoRoots) -> Self {
        Self::Other(OtherError(Arc::new(none)))
    }
}
