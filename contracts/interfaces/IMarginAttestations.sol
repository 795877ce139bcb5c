// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Requirements computed off-chain, bonded, proven when used and open to challenge
/// @dev Prices, amounts, volatilities and requirements are scaled by 1e18, bonds are in stable units, times in seconds.
///
/// A leaf travels as packed bytes, all numbers big-endian:
///
///   uint64 rootId | body | proof, 32 bytes a level, from the leaf up
///   body  uint64 legNonce | bytes32 legsHash | uint64 observedAt | uint64 earliestExpiry | uint64 epoch | uint32 tightenings | uint64 boundsVersion
///         | uint128 requirement | uint128 offset | uint8 count | count times:
///         address asset | uint128 spot | uint128 grossAmount | uint64 volatility | bytes32 inputsHash
///
/// Its place in the tree is keccak256(keccak256(abi.encodePacked(uint256 chainId, address this, bytes32 account, body))); pairs are hashed in sorted
/// order.
interface IMarginAttestations {
    /// @dev What a leaf says of one underlying.
    /// @param spot at which the requirement was computed
    /// @param grossAmount sum of |amount| of the account's legs on it, contracts
    /// @param volatility that sets the range of the scenarios
    /// @param inputsHash `RiskOracle.inputsHash(asset)`: epoch, volatilities, and per expiry implied volatility and forward ratio
    struct AttestedUnderlying {
        address asset;
        uint128 spot;
        uint128 grossAmount;
        uint64 volatility;
        bytes32 inputsHash;
    }

    /// @dev What a leaf says of an account.
    /// @param legNonce of the option book, moved by leg changes alone
    /// @param legsHash of the option book
    /// @param observedAt chain time of the spots; options are valued as of it
    /// @param earliestExpiry of all legs
    /// @param epoch of the risk oracle, as the two next
    /// @param requirement sum over the underlyings, less the offset
    /// @param offset granted by joint scenarios, at most half of all requirements but the largest
    struct Leaf {
        uint64 legNonce;
        bytes32 legsHash;
        uint64 observedAt;
        uint64 earliestExpiry;
        uint64 epoch;
        uint32 tightenings;
        uint64 boundsVersion;
        uint128 requirement;
        uint128 offset;
        AttestedUnderlying[] underlyings;
    }

    /// @param void proven wrong
    struct Root {
        bytes32 root;
        address poster;
        uint64 postedAt;
        bool void;
    }

    /// @param bond stable units
    /// @param used risk added on the poster's roots, stable units, as of `usedAt`; it wears off evenly over `EXPOSURE_PERIOD`
    /// @param lastRootAt chain time of the last root; in a slot of its own, which using a leaf does not touch
    struct Poster {
        uint104 bond;
        uint104 used;
        uint40 usedAt;
        uint40 lastRootAt;
    }

    event ConsumersSet(address indexed vault, address indexed optionBook);
    event BondPosted(address indexed poster, uint256 amount, uint256 bond);
    event BondWithdrawn(address indexed poster, address indexed to, uint256 amount, uint256 bond);
    event RootPosted(uint64 indexed rootId, address indexed poster, bytes32 root, uint256 leafCount);
    /// @notice An action leant on a leaf.
    event LeafUsed(
        uint64 indexed rootId, bytes32 indexed account, uint256 requirement, uint256 addedRisk, uint256 used
    );
    /// @notice A leaf was proven wrong, for the reason `why`: its root is void and the poster's bond is gone.
    event RootVoided(
        uint64 indexed rootId,
        bytes32 indexed account,
        address indexed challenger,
        bytes32 why,
        uint256 reward,
        uint256 insured
    );

    error AddressZero();
    error StableDecimalsTooMany(uint256 decimals, uint256 limit);
    error ConsumersAlreadySet(address vault, address optionBook);
    error NotConsumer(address caller);
    error AmountZero();
    error BondTooLarge(uint256 bond, uint256 limit);
    error TransferShort(uint256 expected, uint256 received);
    error BondUnderMinimum(address poster, uint256 bond, uint256 minimum);
    error BondInsufficient(address poster, uint256 amount, uint256 bond);
    error BondLocked(address poster, uint256 currentTime, uint256 earliest);
    error RootZero();
    error LeafMalformed(uint256 length);
    error RootUnknown(uint64 rootId);
    error RootAlreadyVoid(uint64 rootId);
    error LeafNotInRoot(uint64 rootId);
    error LegsHashMismatch(bytes32 given, bytes32 expected);
    error InputsCountMismatch(uint256 given, uint256 expected);
    error InputsHashMismatch(address asset, bytes32 given, bytes32 expected);
    error LeafCorrect(uint256 stated, uint256 recomputed, uint256 tolerance);
    error PlaceOutOfRange(uint256 place, uint256 count);
    error InputsNotVisible(address asset, uint256 epoch, uint256 tightenings, uint256 boundsVersion);
    error InputsCorrect(address asset);

    /// @notice Names the two contracts that may lean on leaves. Once. Restricted to the admin.
    function setConsumers(address vault_, address optionBook_) external;

    /// @notice Adds to the caller's bond.
    function postBond(uint256 amount) external;

    /// @notice Takes out of the caller's bond, from an hour after the window of the caller's last root.
    function withdrawBond(uint256 amount, address to) external;

    /// @notice Posts a root under the caller's bond. Its leaves hold at most 10 minutes. `leafCount` is only told to readers of the event.
    function postRoot(bytes32 root, uint256 leafCount) external returns (uint64 rootId);

    /// @notice Whether a leaf holds for an account now, what initial requirement it stands for, and if not, why. Never reverts for what a leaf says.
    function attested(bytes32 account, bytes calldata leaf)
        external
        view
        returns (bool valid, uint256 requirement, bytes32 why);

    /// @notice The same, and counts `addedRisk` (units of account scaled by 1e18) against the poster's bond. Only the vault and the option book.
    function consume(bytes32 account, bytes calldata leaf, uint256 addedRisk)
        external
        returns (bool valid, uint256 requirement);

    /// @notice Recomputes a leaf. Where it is wrong by more than 1e-6 of gross notional either way, or contradicts its legs or inputs, its root is void, the
    /// caller gets half of the bond and the insurance fund the rest. Reverts where it is right. Works as long as the root is known, whatever
    /// the account does.
    /// @param legs preimage of the leaf's legsHash
    /// @param inputs preimages of the inputs hashes, in the order of the leaf's underlyings
    function challengeRequirement(
        bytes32 account,
        bytes calldata leaf,
        uint256[] calldata legs,
        bytes[] calldata inputs
    ) external;

    /// @notice The same for a leaf whose inputs are not those that the risk oracle holds at the epoch it names, while that epoch is the current one; or,
    /// within the leaf's window, whose volatility is more than 1 % off.
    /// @param place of the underlying in the leaf
    function challengeInputs(bytes32 account, bytes calldata leaf, uint256 place) external;

    /// @notice What a leaf's bytes say; reverts where they are no leaf.
    function decodeLeaf(bytes calldata leaf) external pure returns (uint64 rootId, Leaf memory decoded);

    function rootOf(uint64 rootId) external view returns (Root memory);
    function posterOf(address poster) external view returns (Poster memory);
    /// @notice Risk that may be added on this poster's leaves now, stable units.
    function riskRoom(address poster) external view returns (uint256);
    /// @notice Roots posted so far; ids start at 1.
    function rootCount() external view returns (uint64);
    /// @notice The least bond that roots may be posted and used under, stable units.
    function minimumBond() external view returns (uint256);
    function vault() external view returns (address);
    function optionBook() external view returns (address);
}
