// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev What a lien is for, fixed when it is made. Its hash stands in the first storage slot of the lien.
/// @param owner who locked it, on the chain of the tokens: may veto queued orders
/// @param token what is locked
/// @param hubChainId chain of the hub that may dispose of it
/// @param hub the `MarginHub` on that chain
/// @param account the account it is security for, on the hub's chain (owner << 96 | number)
struct LienTerms {
    address owner;
    address token;
    uint256 hubChainId;
    address hub;
    bytes32 account;
}

/// @dev Which lien, seen from another chain. Its key is `LienCode.lienKey`.
struct LienId {
    uint256 chainId;
    address collateralVault;
    uint256 number;
}

/// @dev `Release` and `Seize` pay `units` to `to`; `Swap` gives `units` to whoever puts `minOut` into the lien `lienOut`.
enum OrderKind {
    Release,
    Seize,
    Swap
}

/// @notice An owner's standing order to have units of a lien swapped into another lien of the account when its health is low. Fractions and healths
/// are scaled by 1e18.
/// @param lienOutKey the lien that is filled
/// @param triggerHealth under which it acts; zero where there is no mandate
/// @param targetHealth that it restores
/// @param maxLoss share of the value given, at prices of the request, that whoever fills the swap keeps
/// @param expiry last chain time, in seconds
/// @param capPerWindow most units within any window, half of it at once
/// @param leastUnits least units of one swap
/// @param window seconds
struct LienSwapMandate {
    bytes32 lienOutKey;
    uint64 triggerHealth;
    uint64 targetHealth;
    uint64 maxLoss;
    uint64 expiry;
    uint128 capPerWindow;
    uint128 leastUnits;
    uint32 window;
}

/// @notice A lien owner's standing order to add to a lien from his wallet, by its allowance to the vault. Healths are scaled by 1e18; they are those
/// of the account on the hub's chain, which this chain does not know: the owner's instruction to the keeper.
/// @param keeper the only one who may carry it out
/// @param triggerHealth under which the keeper is to act
/// @param window seconds
/// @param targetHealth that the keeper is to restore
/// @param expiry last chain time, in seconds
/// @param capPerWindow most token units within any window, half of it at once; zero where there is no mandate
struct LienTopUpMandate {
    address keeper;
    uint64 triggerHealth;
    uint32 window;
    uint64 targetHealth;
    uint64 expiry;
    uint128 capPerWindow;
}

/// @dev An order of a hub to a collateral vault. The hub stores its hash; the vault carries out what it can prove that the hub stores.
/// @param lien whose units move
/// @param hubChainId chain of the hub
/// @param hub the hub
/// @param counter place in the strictly sequential line of the lien's orders, from 1
/// @param units of the lien's token that leave the lien
/// @param to who is paid (zero for a swap)
/// @param lienOut number of the lien that a swap fills (zero for the others)
/// @param minOut units of the token of `lienOut` that a swap must bring (zero for the others)
/// @param deadline last time of the vault's chain at which it may be carried out, in seconds; a seizure has no end: type(uint64).max
struct Order {
    LienId lien;
    uint256 hubChainId;
    address hub;
    uint64 counter;
    OrderKind kind;
    uint128 units;
    address to;
    uint256 lienOut;
    uint128 minOut;
    uint64 deadline;
}
