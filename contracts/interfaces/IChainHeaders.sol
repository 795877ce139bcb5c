// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHeaderSource} from "./IHeaderSource.sol";

/// @title Headers whose hash this chain itself gives
interface IChainHeaders is IHeaderSource {
    /// @notice The chain's word for a block hash was kept for later proofs.
    event BlockHashRecorded(uint64 indexed number, bytes32 blockHash);

    error ChainNotGiven(uint256 chainId, uint256 sourceChainId);
    error BlockHashUnknown(uint256 chainId, uint256 number);
    error HeaderHashMismatch(uint256 number, bytes32 given, bytes32 expected);
    error BlockSourceMissing(address blockSource);
    error NothingToRecord(uint256 sourceChainId);

    /// @notice Keeps the block hash that the chain gives now, because it gives only the newest one. Anyone may call; calling twice
    /// for one block changes nothing.
    function record() external returns (uint64 number, bytes32 blockHash);

    function sourceChainId() external view returns (uint256);
    /// @notice Contract of this chain that gives the newest block of the source chain; zero where the source is this chain.
    function blockSource() external view returns (address);
    /// @notice Hash kept for a block number; zero where there is none.
    function recordedHash(uint64 number) external view returns (bytes32);
}

/// @title The part of an OP-stack chain's L1Block predeploy that is needed: the newest block of the chain under it
interface IL1Block {
    function number() external view returns (uint64);
    function hash() external view returns (bytes32);
}
