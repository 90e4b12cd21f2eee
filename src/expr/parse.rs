//! Reads expressions: precedence climbing over the tokens.

use super::bound::Bound;
use super::call::{FUNCTIONS, Function};
use super::error::ExprError;
use super::node::{Comparison, Node, NodeId, Operation};
use super::token::{Kind, Sign, Token, tokens};
use crate::model::FieldId;
use regex::RegexBuilder;

/// Longest expression, in bytes: a page of text.
const LENGTH_LIMIT: usize = 4_096;
/// Deepest nesting, of brackets and of operators one behind the other: working out descends as deep.
const DEPTH_LIMIT: usize = 100;
/// Most memory a compiled regular expression may take; `\pL{1000}` would take more.
const REGEX_LIMIT: usize = 1 << 20;

/// A parsed expression, not yet bound to fields.
#[derive(Clone, Debug)]
pub struct Expr {
    nodes: Vec<Node>,
    root: NodeId,
    names: Vec<NameUse>,
}

#[derive(Clone, Debug)]
struct NameUse {
    text: String,
    at: usize,
    len: usize,
}

/// Reads an expression.
///
/// # Errors
/// Says what is wrong and where.
pub fn parse(text: &str) -> Result<Expr, ExprError> {
    if text.len() > LENGTH_LIMIT {
        return Err(ExprError::new(0, text.len(), format!("an expression of {} bytes; the limit is {LENGTH_LIMIT}", text.len())));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, next: 0, nodes: Vec::new(), heights: Vec::new(), names: Vec::new(), depth: 0 };
    let root = parser.expression(0)?;
    let last = parser.take();
    if last.kind != Kind::End {
        return Err(after(&last));
    }
    Ok(Expr { nodes: parser.nodes, root, names: parser.names })
}

impl Expr {
    /// The names it uses, each once, in order: field paths, or series with their labels as series are shown.
    pub fn names(&self) -> Vec<String> {
        self.names.iter().map(|n| n.text.clone()).collect()
    }

    /// Whether it compares something: `a > 1`, `not (a in [1, 2])`, but neither `a` nor `a and b` nor `a - b`.
    pub fn is_condition(&self) -> bool {
        self.compares(self.root)
    }

    fn compares(&self, id: NodeId) -> bool {
        match &self.nodes[id as usize] {
            Node::Compare(..) | Node::IsNull(..) | Node::In(..) | Node::Match(..) => true,
            Node::Not(a) => self.compares(*a),
            Node::And(a, b) | Node::Or(a, b) => self.compares(*a) || self.compares(*b),
            _ => false,
        }
    }

    /// Binds the names to fields.
    ///
    /// # Errors
    /// Names the first that `resolve` does not know.
    pub fn bind(&self, resolve: &mut dyn FnMut(&str) -> Option<FieldId>) -> Result<Bound, ExprError> {
        let unknown = |name: &NameUse| ExprError::new(name.at, name.len, format!("unknown name `{}`", name.text));
        let fields = self.names.iter().map(|n| resolve(&n.text).ok_or_else(|| unknown(n))).collect::<Result<Vec<_>, _>>()?;
        let mut nodes = self.nodes.clone();
        for node in &mut nodes {
            if let Node::Name(name) = node {
                *name = fields[*name as usize].0;
            }
        }
        Ok(Bound { nodes: nodes.into(), root: self.root })
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    nodes: Vec<Node>,
    /// How deep the tree below each node is.
    heights: Vec<usize>,
    names: Vec<NameUse>,
    depth: usize,
}

/// How an operator binds: stronger is higher.
fn strength(sign: Sign) -> Option<u8> {
    Some(match sign {
        Sign::Or => 1,
        Sign::And => 2,
        Sign::Eq | Sign::Ne | Sign::Lt | Sign::Le | Sign::Gt | Sign::Ge | Sign::Match | Sign::NoMatch | Sign::In | Sign::Not => 4,
        Sign::Plus | Sign::Minus => 5,
        Sign::Times | Sign::Over | Sign::Rest => 6,
        _ => return None,
    })
}

/// `not` binds weaker than comparisons …
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
/// … and the minus sign stronger than arithmetic.
const NEGATION: u8 = 7;

impl Parser {
    fn peek(&self) -> &Token {
        // The last token is `End` and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn take_if(&mut self, sign: Sign) -> bool {
        let is = self.peek().kind == Kind::Sign(sign);
        self.next += usize::from(is);
        is
    }

    fn expect(&mut self, sign: Sign, shown: &str) -> Result<(), ExprError> {
        if self.take_if(sign) {
            return Ok(());
        }
        let token = self.peek();
        Err(ExprError::new(token.at, token.len, format!("expected {shown}")))
    }

    fn add(&mut self, node: Node, children: &[NodeId], token: &Token) -> Result<NodeId, ExprError> {
        let height = 1 + children.iter().map(|c| self.heights[*c as usize]).max().unwrap_or(0);
        if height > DEPTH_LIMIT {
            return Err(too_deep(token));
        }
        self.nodes.push(node);
        self.heights.push(height);
        Ok(self.nodes.len() as NodeId - 1)
    }

    /// An expression whose operators bind at least as strongly as `least`.
    fn expression(&mut self, least: u8) -> Result<NodeId, ExprError> {
        if self.depth == DEPTH_LIMIT {
            return Err(too_deep(self.peek()));
        }
        self.depth += 1;
        let mut left = self.operand()?;
        loop {
            let token = self.peek().clone();
            let Kind::Sign(sign) = token.kind else { break };
            let Some(strong) = strength(sign).filter(|s| *s >= least) else { break };
            self.next += 1;
            left = self.operator(sign, strong, left, &token)?;
            if strong == COMPARISON
                && let Kind::Sign(next) = self.peek().kind
                && strength(next) == Some(COMPARISON)
            {
                let token = self.peek();
                return Err(ExprError::new(token.at, token.len, "a comparison of a comparison").hint("join the two with and"));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&mut self, sign: Sign, strong: u8, left: NodeId, token: &Token) -> Result<NodeId, ExprError> {
        match sign {
            Sign::Match | Sign::NoMatch => return self.pattern(left, sign == Sign::Match, token),
            Sign::In => return self.list(left, true, token),
            Sign::Not => {
                self.expect(Sign::In, "in after not")?;
                return self.list(left, false, token);
            }
            _ => {}
        }
        let right = self.expression(strong + 1)?;
        let compare = |comparison| Node::Compare(comparison, left, right);
        let arithmetic = |operation| Node::Arithmetic(operation, left, right);
        let null = |id: NodeId| matches!(self.nodes[id as usize], Node::Null);
        let node = match sign {
            Sign::Eq if null(right) => Node::IsNull(left, true),
            Sign::Eq if null(left) => Node::IsNull(right, true),
            Sign::Ne if null(right) => Node::IsNull(left, false),
            Sign::Ne if null(left) => Node::IsNull(right, false),
            Sign::Eq => compare(Comparison::Eq),
            Sign::Ne => compare(Comparison::Ne),
            Sign::Lt => compare(Comparison::Lt),
            Sign::Le => compare(Comparison::Le),
            Sign::Gt => compare(Comparison::Gt),
            Sign::Ge => compare(Comparison::Ge),
            Sign::And => Node::And(left, right),
            Sign::Or => Node::Or(left, right),
            Sign::Plus => arithmetic(Operation::Add),
            Sign::Minus => arithmetic(Operation::Sub),
            Sign::Times => arithmetic(Operation::Mul),
            Sign::Over => arithmetic(Operation::Div),
            _ => arithmetic(Operation::Rem),
        };
        self.add(node, &[left, right], token)
    }

    fn pattern(&mut self, left: NodeId, wanted: bool, operator: &Token) -> Result<NodeId, ExprError> {
        let token = self.take();
        let Kind::Text(pattern) = &token.kind else {
            return Err(ExprError::new(token.at, token.len, "expected a regular expression in quotes"));
        };
        let compiled = RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).dfa_size_limit(REGEX_LIMIT).nest_limit(50).build();
        let regex = compiled.map_err(|e| {
            let said = e.to_string();
            let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            ExprError::new(token.at, token.len, format!("no regular expression: {last}"))
        })?;
        self.add(Node::Match(left, regex, wanted), &[left], operator)
    }

    fn list(&mut self, left: NodeId, wanted: bool, operator: &Token) -> Result<NodeId, ExprError> {
        self.expect(Sign::OpenList, "a list in square brackets")?;
        let members = self.members(Sign::CloseList, "]")?;
        let children: Vec<NodeId> = members.iter().copied().chain([left]).collect();
        self.add(Node::In(left, members.into(), wanted), &children, operator)
    }

    /// Expressions between commas, up to the closing sign.
    fn members(&mut self, close: Sign, shown: &str) -> Result<Vec<NodeId>, ExprError> {
        let mut members = Vec::new();
        while !self.take_if(close) {
            members.push(self.expression(0)?);
            if !self.take_if(Sign::Comma) {
                self.expect(close, &format!("a comma or {shown}"))?;
                break;
            }
        }
        Ok(members)
    }

    fn operand(&mut self) -> Result<NodeId, ExprError> {
        let token = self.take();
        let node = match &token.kind {
            Kind::Number(x) => Node::Number(*x),
            Kind::Text(text) => Node::Text(text.as_str().into()),
            Kind::True => Node::Bool(true),
            Kind::False => Node::Bool(false),
            Kind::Null => Node::Null,
            Kind::Name(name) if self.peek().kind == Kind::Sign(Sign::Open) => return self.call(name, &token),
            Kind::Name(name) => Node::Name(self.name(name, &token)),
            Kind::Sign(Sign::Not) => {
                let below = self.expression(NOT)?;
                return self.add(Node::Not(below), &[below], &token);
            }
            Kind::Sign(Sign::Minus) => {
                let below = self.expression(NEGATION)?;
                return self.add(Node::Negate(below), &[below], &token);
            }
            Kind::Sign(Sign::Open) => {
                let inner = self.expression(0)?;
                self.expect(Sign::Close, "an operator or )")?;
                return Ok(inner);
            }
            Kind::End => return Err(ExprError::new(token.at, 0, "ends where a value is expected")),
            Kind::Sign(_) => return Err(ExprError::new(token.at, token.len, "expected a value")),
        };
        self.add(node, &[], &token)
    }

    fn name(&mut self, name: &str, token: &Token) -> u16 {
        let known = self.names.iter().position(|n| n.text == name);
        known.unwrap_or_else(|| {
            self.names.push(NameUse { text: name.to_owned(), at: token.at, len: token.len });
            self.names.len() - 1
        }) as u16
    }

    fn call(&mut self, name: &str, token: &Token) -> Result<NodeId, ExprError> {
        let Some(function) = FUNCTIONS.iter().find(|f| f.name == name) else {
            let error = ExprError::new(token.at, token.len, format!("unknown function `{name}`"));
            let known: Vec<&str> = FUNCTIONS.iter().map(|f| f.name).collect();
            return Err(error.hint(format!("there are {}", known.join(", "))));
        };
        self.next += 1;
        let arguments = self.members(Sign::Close, ")")?;
        let Function { id, arguments: (fewest, most), usage, .. } = function;
        if !(*fewest..=*most).contains(&arguments.len()) {
            let error = ExprError::new(token.at, token.len, format!("{} arguments for `{name}`", arguments.len()));
            return Err(error.hint(format!("write {usage}")));
        }
        let children = arguments.clone();
        self.add(Node::Call(*id, arguments.into()), &children, token)
    }
}

fn too_deep(token: &Token) -> ExprError {
    ExprError::new(token.at, token.len, format!("nested deeper than {DEPTH_LIMIT}"))
}

/// What is said of a token behind a whole expression.
fn after(token: &Token) -> ExprError {
    let error = ExprError::new(token.at, token.len, "expected an operator");
    match &token.kind {
        Kind::Name(_) | Kind::Number(_) => error.hint("texts stand in 'quotes'; names with spaces or dashes in `backticks`"),
        _ => error,
    }
}
