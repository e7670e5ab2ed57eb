//! `sync-hub admin`: who may use the console.

use std::path::PathBuf;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use web_rim::secret::hash_now;

use super::opening::{StateArgs, pepper};
use super::password;
use crate::console::credentials::{self, UserName};

#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// Set a user's password, making the user if there is none; their sessions end.
    SetPassword(SetPassword),
    /// Take a user away; their sessions end.
    Remove(Remove),
    /// Name every user.
    List(List),
}

#[derive(Debug, Args)]
pub(super) struct SetPassword {
    #[command(flatten)]
    state: StateArgs,
    #[arg(long, value_parser = user_name)]
    name: UserName,
    /// Where the password is (first line); without it one is drawn and shown once.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    state: StateArgs,
    #[arg(long, value_parser = user_name)]
    name: UserName,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    state: StateArgs,
}

/// A user's name, as an argument.
pub(super) fn user_name(text: &str) -> Result<UserName, String> {
    UserName::read(text).ok_or_else(|| {
        "is not the name of a user; remedy: use 1 to 64 letters, digits and . _ @ -".to_owned()
    })
}

impl Admin {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::SetPassword(set) => set.run().await,
            Self::Remove(remove) => remove.run().await,
            Self::List(list) => list.run().await,
        }
    }
}

impl SetPassword {
    async fn run(self) -> anyhow::Result<()> {
        let name = self.name.as_str();
        let password = match &self.password_file {
            Some(file) => password::read(file, name)?,
            None => password::draw(name)?,
        };
        let phc = hash_now(&pepper(&self.state.state)?, password.reveal().as_bytes())?;
        let hub = self.state.open().await?;
        credentials::set(&**hub.store.client().await?, &self.name, &phc).await?;
        hub.close().await?;
        match self.password_file {
            Some(_) => println!("The password of {name} is set."),
            None => {
                println!("Console user {name}, password {} (shown this once).", password.reveal())
            }
        }
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let users = credentials::list(&**hub.store.client().await?).await?;
        ensure!(
            users.iter().any(|user| user != self.name.as_str()),
            "nobody else may use the console; remedy: set another user's password first"
        );
        let known = credentials::remove(&**hub.store.client().await?, &self.name).await?;
        hub.close().await?;
        if !known {
            bail!("there is no user {}; remedy: see sync-hub admin list", self.name.as_str());
        }
        println!("{} may no longer use the console.", self.name.as_str());
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let users = credentials::list(&**hub.store.client().await?).await?;
        hub.close().await?;
        for user in users {
            println!("{user}");
        }
        Ok(())
    }
}
