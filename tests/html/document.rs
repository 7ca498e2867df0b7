//! Reads a page as strictly as XML is read, which HTML is not, and checks what a browser forgives.

use std::collections::BTreeSet;

/// Elements without an end tag.
const VOID: [&str; 4] = ["br", "link", "meta", "!DOCTYPE"];

/// One start tag.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

/// The elements of a page in order.
pub struct Document {
    elements: Vec<Element>,
}

impl Document {
    /// Every element is closed, in the right order.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut elements = Vec::new();
        let mut open: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            let end = rest[at..].find('>').ok_or("a tag without end")? + at;
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop();
                if last.as_deref() != Some(name) {
                    return Err(format!("</{name}> closes {last:?}"));
                }
                continue;
            }
            let element = element(tag.trim_end_matches('/'))?;
            if element.name == "style" {
                rest = &rest[rest.find("</style>").ok_or("a style without end")?..];
            }
            if !tag.ends_with('/') && !VOID.contains(&element.name.as_str()) {
                open.push(element.name.clone());
            }
            elements.push(element);
        }
        match open.last() {
            Some(last) => Err(format!("<{last}> is not closed")),
            None => Ok(Self { elements }),
        }
    }

    /// Nothing runs, nothing is fetched, everything that is referred to is there, headings do not
    /// skip a level, and tables say what they are.
    pub fn check(&self) -> Result<(), String> {
        let known = [
            "script", "iframe", "object", "embed", "base", "form", "img", "use", "image",
        ];
        let mut ids = BTreeSet::new();
        let mut level = 0;
        for element in &self.elements {
            if known.contains(&element.name.as_str()) {
                return Err(format!("<{}>", element.name));
            }
            for (name, value) in &element.attributes {
                if name.starts_with("on") || name == "style" || name == "src" {
                    return Err(format!("{name}={value}"));
                }
                if name == "id" && !ids.insert(value.clone()) {
                    return Err(format!("two elements with the id {value}"));
                }
                if name == "href" && !value.starts_with('#') && value != "data:," {
                    return Err(format!("a link to {value}"));
                }
            }
            if let Some(next) = heading(&element.name) {
                if next > level + 1 {
                    return Err(format!("h{next} after h{level}"));
                }
                level = next;
            }
        }
        self.references(&ids)?;
        self.tables()
    }

    fn references(&self, ids: &BTreeSet<String>) -> Result<(), String> {
        let attributes = self.elements.iter().flat_map(|it| &it.attributes);
        for (name, value) in attributes {
            let wanted: Vec<&str> = match name.as_str() {
                "href" => value.strip_prefix('#').into_iter().collect(),
                "aria-labelledby" => value.split(' ').collect(),
                _ => continue,
            };
            if let Some(missing) = wanted.into_iter().find(|id| !ids.contains(*id)) {
                return Err(format!("{name} refers to {missing}, which is nowhere"));
            }
        }
        Ok(())
    }

    fn tables(&self) -> Result<(), String> {
        let mut elements = self.elements.iter();
        while let Some(element) = elements.next() {
            let has = |wanted: &str| element.attributes.iter().any(|(name, _)| name == wanted);
            if element.name == "th" && !has("scope") {
                return Err("a header cell without scope".to_owned());
            }
            if element.name == "svg" && element.attributes.iter().any(|(_, it)| it == "img") {
                let next = elements.next().map(|it| it.name.as_str());
                if next != Some("title") {
                    return Err(format!("an image that begins with {next:?}"));
                }
            }
            if element.name == "table" {
                let next = elements.next().map(|it| it.name.as_str());
                if next != Some("caption") {
                    return Err(format!("a table that begins with {next:?}"));
                }
            }
        }
        Ok(())
    }
}

fn heading(name: &str) -> Option<u32> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// Name and attributes; values stand in double quotes.
fn element(tag: &str) -> Result<Element, String> {
    let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    rest = rest.trim();
    while !rest.is_empty() && name != "!DOCTYPE" {
        let Some((attribute, value)) = rest.split_once("=\"") else {
            attributes.push((rest.to_owned(), String::new()));
            break;
        };
        let (bare, attribute) = attribute.rsplit_once(' ').unwrap_or(("", attribute));
        attributes.extend(
            bare.split_whitespace()
                .map(|it| (it.to_owned(), String::new())),
        );
        let (value, after) = value.split_once('"').ok_or("a value without end")?;
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '-';
        if !attribute.chars().all(is_name) {
            return Err(format!("an attribute named {attribute:?}"));
        }
        attributes.push((attribute.to_owned(), value.to_owned()));
        rest = after.trim();
    }
    Ok(Element {
        name: name.to_owned(),
        attributes,
    })
}

#[test]
fn what_is_wrong_is_found() {
    let wrong = |text: &str| match Document::parse(text) {
        Err(wrong) => wrong,
        Ok(document) => document.check().expect_err("wrong"),
    };
    assert_eq!(wrong("<p><b></p></b>"), "</p> closes Some(\"b\")");
    assert_eq!(wrong("<p>"), "<p> is not closed");
    assert_eq!(wrong("<script></script>"), "<script>");
    assert_eq!(wrong("<p onclick=\"x\"></p>"), "onclick=x");
    assert_eq!(wrong("<a href=\"http://x/\"></a>"), "a link to http://x/");
    assert_eq!(
        wrong("<a href=\"#x\"></a>"),
        "href refers to x, which is nowhere"
    );
    assert_eq!(wrong("<h1></h1><h3></h3>"), "h3 after h1");
    assert_eq!(wrong("<th></th>"), "a header cell without scope");
}
