// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IChainHeaders, IL1Block} from "./interfaces/IChainHeaders.sol";
import {IHeaderSource} from "./interfaces/IHeaderSource.sol";

/// @title Headers whose hash this chain itself gives: no signer stands between
/// @dev SPECIFICATION
///
/// Two sources, chosen at construction and never changed:
///   another chain under this one   `blockSource` is a contract that the chain's own derivation writes (OP stack: L1Block, `number()`, `hash()`).
///                                  It gives the newest block alone, so anyone may `record()` it, and headers are checked against what was
///                                  recorded. If the chain under reorganises, this chain does with it, and what was recorded is undone.
///   this chain                     `blockSource` is zero: the BLOCKHASH instruction for 256 blocks and EIP-2935's history for 8,191, where it exists.
///
/// A locator is the RLP header itself. It is hashed, the hash is compared with what the chain gives for the number in it, and only then are
/// number, time and state root read from it. Whatever an RLP reader tolerates, the hash fixes the bytes.
///
/// Assumption: the operator of this chain (its sequencer and its derivation) is honest about the block hashes, as everything else on it assumes.
/// There is no role and no setting.
contract ChainHeaders is IChainHeaders {
    using BlockHeader for Memory.Slice[];
    using SafeCast for uint256;

    /// @inheritdoc IChainHeaders
    uint256 public immutable sourceChainId;
    /// @inheritdoc IChainHeaders
    address public immutable blockSource;

    /// @inheritdoc IChainHeaders
    mapping(uint64 number => bytes32 blockHash) public recordedHash;

    constructor(uint256 sourceChainId_, address blockSource_) {
        bool own = sourceChainId_ == block.chainid;
        if (own != (blockSource_ == address(0))) revert BlockSourceMissing(blockSource_);
        if (!own && blockSource_.code.length == 0) revert BlockSourceMissing(blockSource_);
        sourceChainId = sourceChainId_;
        blockSource = blockSource_;
    }

    /// @inheritdoc IChainHeaders
    function record() external returns (uint64 number, bytes32 blockHash) {
        if (blockSource == address(0)) revert NothingToRecord(sourceChainId);
        number = IL1Block(blockSource).number();
        blockHash = IL1Block(blockSource).hash();
        if (blockHash == 0) revert BlockHashUnknown(sourceChainId, number);

        recordedHash[number] = blockHash;

        emit BlockHashRecorded(number, blockHash);
    }

    /// @inheritdoc IHeaderSource
    function header(uint256 chainId, bytes calldata locator) external view returns (Header memory) {
        if (chainId != sourceChainId) revert ChainNotGiven(chainId, sourceChainId);
        Memory.Slice[] memory fields = BlockHeader.parseHeader(locator);
        uint64 number = fields.getNumber().toUint64();

        bytes32 expected = _hashOf(number);
        if (expected == 0) revert BlockHashUnknown(chainId, number);
        bytes32 given = keccak256(locator);
        if (given != expected) revert HeaderHashMismatch(number, given, expected);

        return Header({
            number: number,
            timestamp: fields.getTimestamp().toUint64(),
            knownSince: uint64(block.timestamp),
            stateRoot: fields.getStateRoot(),
            chainGiven: true
        });
    }

    function _hashOf(uint64 number) private view returns (bytes32) {
        return blockSource == address(0) ? Blockhash.blockHash(number) : recordedHash[number];
    }
}
