//! Hands the authorization URL to the system's browser.

use gatepass::AuthorizationUrl;

use crate::Error;

/// Opens `url` in the person's own browser.
///
/// Always the system browser, never a view inside the application: there the person has their
/// sessions, their password manager and an address bar to look at (RFC 8252 §8.12). Only a checked
/// URL is accepted, because openers are programs with command lines of their own.
///
/// Returns when the browser was started, which says nothing about what it shows. A text browser
/// (only if `$BROWSER` names one) holds the terminal and this call until it is left: run the listener
/// on another thread for those who use one. The `webbrowser` crate writes the URL to the `log` facade at
/// level debug; there is a `state` in it, but no secret that would redeem a code.
///
/// # Errors
///
/// [`Error::Browser`] if none was found or it could not be started, as on a server or in a
/// container. Show the URL to the person then; it must be opened on *this* machine, for the
/// redirect comes to its loopback address.
pub fn open_browser(url: AuthorizationUrl<'_>) -> Result<(), Error> {
    webbrowser::open_browser_with_options(
        webbrowser::Browser::Default,
        url.as_str(),
        webbrowser::BrowserOptions::new().with_suppress_output(true),
    )
    .map_err(|e| Error::Browser(e.kind()))
}
