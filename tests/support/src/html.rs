//! As much HTML as the forms of one known server need.

/// A form that a person would see on a page.
#[derive(Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) action: String,
    /// The fields with their values as the page has them, in its order.
    pub(crate) fields: Vec<(String, String)>,
}

impl Form {
    /// The first form of a page.
    pub(crate) fn first(page: &str) -> Option<Self> {
        let form = &page[page.find("<form")?..];
        let form = &form[..form.find("</form>")?];
        let fields = form
            .split("<input")
            .skip(1)
            .filter_map(|input| {
                let tag = tag(input)?;
                Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
            })
            .collect();
        Some(Self { action: attribute(tag(form)?, "action")?, fields })
    }

    /// Types into a field; says whether the form has it.
    pub(crate) fn fill(&mut self, field: &str, text: &str) -> bool {
        let found = self.fields.iter_mut().find(|(name, _)| name == field);
        found.map(|(_, value)| text.clone_into(value)).is_some()
    }
}

fn tag(text: &str) -> Option<&str> {
    Some(&text[..text.find('>')?])
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!(" {name}=\"");
    let value = &tag[tag.find(&start)? + start.len()..];
    Some(unescape(&value[..value.find('"')?]))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn a_form_is_read_with_its_fields_in_order() {
        let page = "<p>x</p><form autocomplete=\"off\" action=\"/a?b=1&amp;c=2\" method=\"post\">\n\
            <input type=\"hidden\" name=\"prompt\" value=\"login\"/>\n\
            <input required type=\"text\" name=\"login\" autofocus=\"on\">\n\
            <button type=\"submit\">Sign-in</button></form>";
        let mut form = Form::first(page).unwrap();
        assert!(form.fill("login", "alice"));
        assert!(!form.fill("password", "x"));
        let fields = [("prompt", "login"), ("login", "alice")];
        assert_eq!(
            form,
            Form { action: "/a?b=1&c=2".to_owned(), fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec() }
        );
        assert_eq!(Form::first("<p>no form</p>"), None);
    }
}
