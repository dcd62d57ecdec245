//! Encrypted connections.

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use std::{path::Path, sync::Arc};
use tokio_postgres_rustls::MakeRustlsConnect;
use typed_saga_engine::StoreError;

/// Trusts whom the machine trusts, or only who signed what is in a file.
pub(crate) fn connector(root: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match root {
        None => {
            // A machine may have certificates that cannot be read. If none can be, connecting
            // fails.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            let failed = |why: &dyn std::fmt::Display| {
                StoreError::unavailable(format!("`{}`: {why}", path.display()))
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|why| failed(&why))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|why| failed(&why))?;
                roots.add(certificate).map_err(|why| failed(&why))?;
            }
            if roots.is_empty() {
                return Err(failed(&"there is no certificate in it"));
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unavailable)?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
