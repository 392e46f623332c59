//! What the browser shows: fixed bytes, chosen by what happened, never made of what came in.

/// An answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The redirect was taken.
    Accepted,
    /// The authorization server refused, or the person did.
    Denied,
    /// A redirect, but not the answer to this sign-in.
    NotOurs,
    /// Not a request that a browser sends after a redirect.
    BadRequest,
    /// Sent by, or by way of, another site.
    Foreign,
    /// Another path.
    NotFound,
    /// Another method than GET.
    Method,
    /// More head than is read.
    HeadTooLarge,
}

/// Nothing is loaded, framed, sent on, kept or guessed at; the one style sheet is in the page.
const FIELDS: &str = "Content-Type: text/html; charset=utf-8\r\n\
    Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'\r\n\
    Referrer-Policy: no-referrer\r\n\
    Cache-Control: no-store\r\n\
    X-Content-Type-Options: nosniff\r\n\
    Connection: close\r\n";

const STYLE: &str = "html{color-scheme:light dark}\
    body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.1rem/1.5 system-ui,sans-serif}\
    main{max-width:26rem;padding:2rem;text-align:center}\
    p:first-child{font-size:3rem;margin:0}h1{font-size:1.5rem;margin:.5rem 0}";

impl Page {
    /// The whole response, ready to be written.
    pub(crate) fn response(self) -> Vec<u8> {
        let (status, fields, mark, title, text) = self.parts();
        // The answer to HEAD must have no body, and so no answer to another method has one.
        let body = if self == Self::Method {
            String::new()
        } else {
            format!(
                "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width\">\
                 <title>{title}</title><style>{STYLE}</style></head>\
                 <body><main><p aria-hidden=\"true\">{mark}</p><h1>{title}</h1><p>{text}</p></main></body></html>\n"
            )
        };
        let length = body.len();
        format!("HTTP/1.1 {status}\r\n{FIELDS}{fields}Content-Length: {length}\r\n\r\n{body}").into_bytes()
    }

    /// Status, further header fields, mark, title, text. The token request comes after the page, so
    /// the first one does not promise more than it knows.
    const fn parts(self) -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Accepted => {
                ("200 OK", "", "&#10003;", "You can close this window", "The sign-in went back to the application and continues there.")
            }
            Self::Denied => {
                ("200 OK", "", "&#8709;", "The sign-in was cancelled or refused", "You can close this window. The application knows more.")
            }
            Self::NotOurs => (
                "400 Bad Request",
                "",
                "&#8709;",
                "This is not the sign-in that the application waits for",
                "Finish the one that it opened last, or start again from the application.",
            ),
            Self::BadRequest => ("400 Bad Request", "", "&#8709;", "This request was not understood", "Start again from the application."),
            Self::Foreign => (
                "403 Forbidden",
                "",
                "&#8709;",
                "This request came from elsewhere",
                "Only the sign-in that the application opened is answered here.",
            ),
            Self::NotFound => ("404 Not Found", "", "&#8709;", "There is nothing here", "Start again from the application."),
            Self::Method => ("405 Method Not Allowed", "Allow: GET\r\n", "", "", ""),
            Self::HeadTooLarge => (
                "431 Request Header Fields Too Large",
                "",
                "&#8709;",
                "The browser sent too much",
                "Remove its cookies for 127.0.0.1 and start again from the application.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Page; 8] =
        [Page::Accepted, Page::Denied, Page::NotOurs, Page::BadRequest, Page::Foreign, Page::NotFound, Page::Method, Page::HeadTooLarge];

    // R042
    #[test]
    fn a_page_has_no_script_no_link_and_nothing_of_a_third_party() {
        for page in ALL {
            let text = String::from_utf8(page.response()).unwrap();
            for word in ["<script", "<link", "<img", "<a ", "src=", "href=", "url(", "@import", "//", "http:", "Access-Control"] {
                assert!(!text.contains(word), "{page:?} has {word}");
            }
        }
    }

    // R042
    #[test]
    fn a_page_says_its_exact_length_and_how_it_is_to_be_treated() {
        for page in ALL {
            let text = String::from_utf8(page.response()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())));
            for field in [
                "Content-Security-Policy: default-src 'none';",
                "Referrer-Policy: no-referrer",
                "Cache-Control: no-store",
                "X-Content-Type-Options: nosniff",
                "Connection: close",
            ] {
                assert!(head.contains(field), "{page:?} lacks {field}");
            }
            assert!(head.lines().all(|line| line.contains(": ") || line.starts_with("HTTP/1.1 ")));
        }
    }
}
