//! Every check there is, in one table.

use std::fmt;

use crate::Severity;

macro_rules! checks {
    ($($name:ident $word:literal $severity:ident $why:literal)*) => {
        /// A check: a stable word, how bad it is when it finds something, and why it matters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(#[doc = $why] $name,)*
        }

        impl Check {
            /// All of them, the worst first.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word by which it is known, such as `missing-shard`. It is not changed.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// How bad it is when it finds something.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Why it matters.
            #[must_use]
            pub fn why(self) -> &'static str {
                match self { $(Self::$name => $why,)* }
            }
        }
    };
}

checks! {
    NotFound "not-found" Broken
        "The service cannot copy what is not there."
    NothingThere "nothing-there" Broken
        "There is nothing to copy: a prefix without objects is as one that does not exist."
    AccessDenied "access-denied" Broken
        "What these credentials cannot read cannot be checked, and the service may be refused as well."
    OtherRegion "other-region" Broken
        "Requests for a bucket must go to its own region."
    Archived "archived" Broken
        "An object in an archive cannot be read until it is restored."
    Changed "changed" Broken
        "What changes while it is read is still being written: a copy of it would be torn."
    Unreadable "unreadable" Broken
        "What cannot be read here can hardly be copied by the service."
    HeaderTooLarge "header-too-large" Broken
        "The format allows a header of 100 MB; a larger one is a file of another kind, or damaged."
    HeaderNotJson "header-not-json" Broken
        "Without its header nothing tells which bytes of the file are which tensor."
    HeaderForm "header-form" Broken
        "A reader refuses the whole file when one entry of its header is not of the published form."
    DuplicateKey "duplicate-key" Broken
        "Readers differ in which of two entries they take, so that one of two tensors is lost."
    TensorSize "tensor-size" Broken
        "The bytes of a tensor must be as many as its type and shape take."
    TensorOverlap "tensor-overlap" Broken
        "Tensors that share bytes cannot both be right, and readers refuse the file."
    TensorGap "tensor-gap" Broken
        "The format allows no bytes between tensors, and readers refuse the file."
    ShardLength "shard-length" Broken
        "A file that is shorter than its header says was cut off or is still uploading; in a longer one, header and data are not of one file."
    DuplicateTensor "duplicate-tensor" Broken
        "Which of two tensors of one name is loaded depends on the order in which the files are read."
    BadIndex "bad-index" Broken
        "The index tells in which file each tensor is; without it the shards cannot be put together."
    MissingShard "missing-shard" Broken
        "The tensors of a missing file would be left out or filled with random numbers."
    MissingTensor "missing-tensor" Broken
        "A tensor that is not where the index says would be left out or filled with random numbers."
    BadConfig "bad-config" Broken
        "config.json tells which model the weights are of; without it nothing can be built."
    BadJson "bad-json" Broken
        "A file of the tokenizer that cannot be read makes the tokenizer fail to load."
    ConfigShape "config-shape" Broken
        "Weights of other shapes than config.json says cannot be loaded into the model that it describes."
    ConfigLayers "config-layers" Broken
        "Layers without weights are filled with random numbers, and weights without a layer are dropped."
    IncompleteModel "incomplete-model" Broken
        "What every model of its type has and no file holds is filled with random numbers."
    NoOutputLayer "no-output-layer" Broken
        "An output layer without weights is filled with random numbers, unless it is tied to the embedding."
    Archive "archive" Layout
        "Files are expected as objects of their own: nothing is known to unpack an archive."
    NestedFolder "nested-folder" Layout
        "Files are expected right under the place that is given, and not in a folder below it."
    AdapterOnly "adapter-only" Layout
        "Adapter weights are a difference to a base model, which is not here."
    NoConfig "no-config" Layout
        "config.json is what tells which model the weights are of."
    NoSafetensors "no-safetensors" Layout
        "Weights are expected as safetensors, which hold data alone."
    ModelType "model-type" Layout
        "Weights of another kind of model cannot be served as this architecture."
    ArchitectureShape "architecture-shape" Layout
        "An architecture is one model with its sizes; weights of another size are another model."
    UnknownArchitecture "unknown-architecture" Warning
        "What is not known of an architecture cannot be held against the weights."
    ArchitectureVocabulary "architecture-vocabulary" Warning
        "A vocabulary that was made larger or smaller may not be what the architecture takes."
    NotInIndex "not-in-index" Warning
        "A file that the index does not name is copied and then not used, or used in the place of another."
    ExtraTensor "extra-tensor" Warning
        "A tensor that the index does not name is not loaded."
    NoIndex "no-index" Warning
        "With several files and no index it is left to the reader which of them are the model."
    SeveralIndices "several-indices" Warning
        "With several indices it is left to the reader which of them is the model's."
    IndexTotal "index-total" Warning
        "The index was written for other files than these, or by hand."
    Pickle "pickle" Warning
        "A pickle can run code when it is loaded, and is copied for nothing where safetensors are used."
    NotStrictJson "not-strict-json" Warning
        "Python reads a number that is none, and most other readers refuse the file."
    MixedDtypes "mixed-dtypes" Warning
        "Matrices of several float types are most often a merge gone half way."
    UnexpectedDtype "unexpected-dtype" Warning
        "Weights are seldom of this type: something was not converted."
    ConfigDtype "config-dtype" Warning
        "The weights are of another type than config.json says: one of them was not written anew."
    Quantised "quantised" Warning
        "Whether quantised weights are taken is published nowhere."
    NoTokenizer "no-tokenizer" Warning
        "Without a tokenizer text cannot be turned into what the model reads."
    SpecialTokens "special-tokens" Warning
        "Without the token that ends an answer the model goes on to the length limit."
    NoChatTemplate "no-chat-template" Warning
        "Without the template that it was trained with, a chat model answers badly or not at all."
    JustChanged "just-changed" Warning
        "It may still be being written: a copy that begins now could be torn."
    UnfinishedUpload "unfinished-upload" Warning
        "An upload that was begun and not completed has left no object, and its parts are paid for."
    ZeroBytes "zero-bytes" Warning
        "An empty file is most often one whose upload failed."
    FolderMarker "folder-marker" Warning
        "The console makes such an object for a folder; a reader that takes it for a file may fail."
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_of_one_check_and_in_small_letters() {
        let mut words: Vec<_> = Check::ALL.iter().map(|check| check.word()).collect();
        let form = |word: &str| {
            let parts: Vec<_> = word.split('-').collect();
            parts
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase()))
        };
        assert!(words.iter().all(|word| form(word)), "{words:?}");
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Check::ALL.len());
    }

    #[test]
    fn the_worst_come_first() {
        let severities: Vec<_> = Check::ALL.iter().map(|check| check.severity()).collect();
        assert!(severities.is_sorted());
    }
}
