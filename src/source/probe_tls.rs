//! Whom a probe trusts: the system's certificates and Mozilla's, and nobody without one.

use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// The roots of trust of a probe.
#[derive(Clone, Debug)]
pub(super) struct Trust(Option<Arc<ClientConfig>>);

/// Read once, when the first probe needs it: it means hundreds of files.
static USUAL: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();

impl Trust {
    /// The system's and Mozilla's roots.
    pub(super) fn usual() -> Self {
        Self(None)
    }

    /// These certificates and no others.
    #[cfg(test)]
    pub(super) fn only(certificates: &[&str]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().map(|c| tests::der(c).into()));
        Self(config(roots))
    }

    /// What makes TLS connections; `None` where TLS cannot be had at all.
    pub(super) async fn connector(&self) -> Option<TlsConnector> {
        if let Some(config) = &self.0 {
            return Some(TlsConnector::from(Arc::clone(config)));
        }
        let read = || USUAL.get_or_init(|| config(usual_roots())).clone();
        // Files are read: not on a thread that others wait for.
        let config = tokio::task::spawn_blocking(read).await.ok()??;
        Some(TlsConnector::from(config))
    }
}

fn usual_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // What cannot be read of the system's certificates is left out; Mozilla's remain.
    let native: Vec<CertificateDer<'static>> = rustls_native_certs::load_native_certs().certs;
    roots.add_parsable_certificates(native);
    roots
}

fn config(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    let builder =
        ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider())).with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    /// Signed by itself, for localhost, valid from 2020 to 2120; made for these tests and used nowhere else.
    pub(in crate::source) const CERTIFICATE: &str = concat!(
        "MIIBcTCCARagAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9iZWxsd2V0aGVyIHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgP",
        "MjEyMDAxMDEwMDAwMDBaMBoxGDAWBgNVBAMMD2JlbGx3ZXRoZXIgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHEGD0pk",
        "ypCdq2//qTi6rXzlY6VZCpG1EP7tLekbCpjbPz+t99ufNhzfeFAY6/ojXO55GPytcKy5MZYtWcfEBlmjSzBJMBoGA1UdEQQTMBGC",
        "CWxvY2FsaG9zdIcEfwAAATAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBRmQkoXEXiGxW6xKdPMvpMHI8vv7zAKBggqhkjOPQQDAgNJ",
        "ADBGAiEA8/K85nsskLUIqylSAIiKARchIGXBKOuux/flRPf3Ek0CIQCP9SOT6ow7D5d7QWfnCqiSHZ3HHaR9KrxUEIdPt953gg==",
    );
    /// Its key.
    const KEY: &str = concat!(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIiGJXEKy+BM66PkNVy+AzmV7yP+EUZErs4v247fnKfKhRANCAARx",
        "Bg9KZMqQnatv/6k4uq185WOlWQqRtRD+7S3pGwqY2z8/rffbnzYc33hQGOv6I1zueRj8rXCsuTGWLVnHxAZZ",
    );

    pub(super) fn der(base64: &str) -> Vec<u8> {
        STANDARD.decode(base64).unwrap()
    }

    /// A server's side with that certificate.
    pub(in crate::source) fn acceptor() -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(der(KEY)).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![der(CERTIFICATE).into()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    #[test]
    fn there_are_roots_even_without_a_system() {
        assert!(usual_roots().len() > 50);
    }
}
