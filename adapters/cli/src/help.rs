//! What `gatepass --help` says behind the commands.

macro_rules! examples {
    () => {
        "\
Examples:
  gatepass demo                                        see a grant's whole life, no server needed
  gatepass login https://as.example --client-id my-app --scope offline_access
  curl -H \"Authorization: Bearer $(gatepass token)\" https://api.example/me
  gatepass call --allow-origin https://api.example/me  the same, and the token stays inside
  gatepass status
  gatepass logout
"
    };
}

/// For `-h`.
pub(crate) const SHORT: &str = concat!(
    examples!(),
    "
Exit codes: 0 ok, 1 other error, 2 usage, 3 sign-in required, 4 unavailable, 5 refused, 6 storage, 7 API status.
More about them, and where things are kept: gatepass --help"
);

/// For `--help`.
pub(crate) const LONG: &str = concat!(
    examples!(),
    "
Exit codes:
  0  it did what was asked
  1  an error that has no number of its own
  2  usage: the command line, a profile or the client's registration is wrong
  3  a person must sign in (gatepass login)
  4  unavailable: the server or the network cannot be used now; a repeat may work
  5  refused: by the server, or by the person in the browser
  6  storage: a profile or a stored token cannot be read or written, or its store cannot be reached
  7  the API answered with a status of 400 or more (only with: gatepass call --fail)

Where things are kept:
  Profiles are TOML files without secrets, in gatepass/profiles of your configuration folder (on
  Linux ~/.config). Tokens are files that only you can read, in gatepass/grants of your state
  folder (on Linux ~/.local/state), unless login --store says otherwise: encrypted files, the
  keyring, Redis or PostgreSQL. A sign-in that waits for the browser holds a secret, too: it is kept
  where the tokens are, or, with a store on a server, in a file that only you can read. Machines that sign in once and use the same server with
  login --store URL --join share one grant: one of them refreshes, the others take its token.

Environment:
  GATEPASS_PROFILE        the profile, where --profile is not given
  GATEPASS_HOME           one folder for everything, instead of the platform's
  GATEPASS_CLIENT_SECRET  the secret of a confidential client whose profile names no file
  GATEPASS_STORE_PASSWORD the password of a store on a server whose profile names no file
  SSL_CERT_FILE           the root certificates for stores, instead of the system's"
);
