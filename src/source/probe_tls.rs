//! Whom a probe trusts: the system's certificates and Mozilla's, or those of a file, or anybody where
//! the configuration says so.

use crate::model::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, crypto};
use x509_cert::der::Decode;

use super::spec::HttpOptions;

/// The roots of trust of a probe.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// The system's and Mozilla's roots.
    Usual,
    /// Those of a file, read for each connection, because certificates are renewed.
    File(PathBuf),
    /// Whoever answers: for self-signed certificates.
    Anybody,
    /// These.
    #[cfg(test)]
    Only(Arc<ClientConfig>),
}

/// Read once, when the first probe needs it: it means hundreds of files.
static USUAL: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();

impl Trust {
    /// Whom these options trust.
    pub(super) fn of(options: &HttpOptions) -> Self {
        match &options.ca {
            _ if options.insecure => Self::Anybody,
            Some(path) => Self::File(path.clone()),
            None => Self::Usual,
        }
    }

    /// These certificates and no others.
    #[cfg(test)]
    pub(super) fn only(certificates: &[&str]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().map(|c| tests::der(c).into()));
        Self::Only(config(roots).unwrap())
    }

    /// What makes TLS connections; in words why there is none.
    pub(super) async fn connector(&self) -> Result<TlsConnector, String> {
        let none = || "not available".to_owned();
        let config = match self {
            Self::Usual => {
                let read = || USUAL.get_or_init(|| config(usual_roots())).clone();
                // Files are read: not on a thread that others wait for.
                tokio::task::spawn_blocking(read).await.map_err(|_| none())?.ok_or_else(none)?
            }
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || of_file(&path)).await.map_err(|_| none())??
            }
            Self::Anybody => trusting().ok_or_else(none)?,
            #[cfg(test)]
            Self::Only(config) => Arc::clone(config),
        };
        Ok(TlsConnector::from(config))
    }
}

/// When a certificate ends.
pub(super) fn expiry(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let ends = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    Some(Timestamp::from_millis(i64::try_from(ends.as_millis()).ok()?))
}

fn usual_roots() -> RootCertStore {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // What cannot be read of the system's certificates is left out; Mozilla's remain.
    let native: Vec<CertificateDer<'static>> = rustls_native_certs::load_native_certs().certs;
    roots.add_parsable_certificates(native);
    roots
}

fn of_file(path: &Path) -> Result<Arc<ClientConfig>, String> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|e| named(&e))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).filter_map(Result::ok));
    if added == 0 {
        return Err(named(&"no certificate in PEM form"));
    }
    config(roots).ok_or_else(|| named(&"not available"))
}

fn config(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().ok()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // A session that goes on from an earlier one says nothing about the handshake of a new customer.
    config.resumption = Resumption::disabled();
    Some(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(crypto::ring::default_provider())
}

fn trusting() -> Option<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().ok()?;
    let verifier = Arc::new(Anybody(provider()));
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Some(Arc::new(config))
}

/// Takes every certificate, but still wants its owner to be the one who speaks.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
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

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let ends = expiry(&der(CERTIFICATE).into()).map(Timestamp::as_millis);
        assert_eq!(ends, Some(4_733_510_400_000), "2120-01-01T00:00:00Z");
        assert_eq!(expiry(&vec![1, 2, 3].into()), None);
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = of_file(file.path()).unwrap_err();
        assert!(said.ends_with("no certificate in PEM form"), "{said}");
        std::io::Write::write_all(
            &mut file.as_file(),
            format!("-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n").as_bytes(),
        )
        .unwrap();
        assert!(of_file(file.path()).is_ok());
        assert!(of_file(Path::new("/no/such/file")).is_err());
    }
}
