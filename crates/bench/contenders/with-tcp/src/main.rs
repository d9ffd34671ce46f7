//! The floor: the bytes of a request and of its answer, and nothing that knows them.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;

use harness::{
    ARCHITECTURE, Contender, ENDPOINT, Failure, KEY, ORG, VERSION, VERSION_NAME, no_such,
};

struct Tcp {
    stream: TcpStream,
    get: Vec<u8>,
    deploy: Vec<u8>,
    answer: Vec<u8>,
}

impl Tcp {
    fn exchange(&mut self, deploy: bool) -> Result<&[u8], Failure> {
        let request = if deploy { &self.deploy } else { &self.get };
        self.stream.write_all(request)?;
        let read = self.stream.read(&mut self.answer)?;
        let answer = &self.answer[..read];
        // The answers are small JSON objects, which the responder writes in one piece.
        if answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"}") {
            return Ok(answer);
        }
        Err("the answer did not come in one piece".into())
    }
}

impl Contender for Tcp {
    fn new(address: &str) -> Result<Self, Failure> {
        let host = address.strip_prefix("http://").ok_or("no http address")?;
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let head = format!("host: {host}\r\nauthorization: Bearer {KEY}\r\n");
        let path = format!("/management/v1/orgs/{ORG}/models/{ARCHITECTURE}/versions/{VERSION}");
        let get = format!("GET {path} HTTP/1.1\r\n{head}\r\n");
        let path = format!("/management/v1/endpoints/{ENDPOINT}:deployModel");
        let body = format!("{{\"model\":\"{VERSION_NAME}\"}}");
        let length = body.len();
        let head = format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n");
        let deploy = format!("POST {path} HTTP/1.1\r\n{head}\r\n{body}");
        Ok(Self {
            stream,
            get: get.into_bytes(),
            deploy: deploy.into_bytes(),
            answer: vec![0; 4096],
        })
    }

    async fn run(&mut self, case: &str, turns: u64) -> Result<(), Failure> {
        for _ in 0..turns {
            match case {
                "get" => drop(black_box(self.exchange(false)?)),
                "deploy" => drop(black_box(self.exchange(true)?)),
                _ => return no_such(case),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Failure> {
    harness::main::<Tcp>()
}
