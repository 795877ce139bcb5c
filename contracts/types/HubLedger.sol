// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";

import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {Budget} from "../libraries/Budget.sol";
import {LienSwapMandate} from "./Lien.sol";

/// @dev All that a hub keeps, but for the issued orders, which have a slot of their own for the other chain to read.
/// @param chains by chain id
/// @param remotesOf keys of the tokens listed on a chain
/// @param remotes by key
/// @param growth rise of the count of a token under attested headers
/// @param liens by key
/// @param pending orders by lien and counter, ended ones too
/// @param lists keys of an account's liens
/// @param swapMandates what owners allow anyone to swap, by lien
/// @param swapSpent units of a lien that swaps by mandate gave
/// @param swapLosses value that an account lost by them
struct HubLedger {
    mapping(uint256 chainId => IMarginHub.SourceChain) chains;
    mapping(uint256 chainId => bytes32[] remoteKeys) remotesOf;
    mapping(bytes32 remoteKey => IMarginHub.RemoteToken) remotes;
    mapping(bytes32 remoteKey => RateLimiter.SlidingWindow) growth;
    mapping(bytes32 lienKey => IMarginHub.RemoteLien) liens;
    mapping(bytes32 lienKey => mapping(uint64 counter => IMarginHub.PendingOrder)) pending;
    mapping(bytes32 account => bytes32[] lienKeys) lists;
    mapping(bytes32 lienKey => LienSwapMandate) swapMandates;
    mapping(bytes32 lienKey => Budget.State) swapSpent;
    mapping(bytes32 account => Budget.State) swapLosses;
}
