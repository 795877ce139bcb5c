// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAttestationVerifier} from "./interfaces/IAttestationVerifier.sol";
import {SignerRules} from "./libraries/SignerRules.sol";
import {AssetRisk, Observation, SignedObservation} from "./types/Observation.sol";

/// @title The signer set and its quorum
/// @dev SPECIFICATION
///
/// Digest. EIP-712 with domain (name "KeeperOracle", version "1", chain id, this contract) over
///   Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,
///               bytes32 inputsRoot,AssetRisk[] vector)AssetRisk(address asset,uint64 volatility,uint64 slippage)
/// so a signature for another chain, another verifier, another market or any other field recovers to a stranger.
///
/// Quorum. n signers of which f = floor((n - 1) / 3) may lie; n >= 4, so f >= 1.
///   tightenThreshold >= max(2, f + 1)          at least one honest signer among them
///   threshold        >= ceil((n + f + 1) / 2)  any two such quorums share an honest signer, and honest ones outnumber liars
/// Both at most n. Signers stand in strictly ascending order of address, in the set and in every report: one that appears twice is
/// out of order, so duplicates need no memory.
///
/// A signature is 65 bytes r, s, v with s in the lower half and v 27 or 28; anything else is refused.
///
/// Roles. `setSigners` is restricted to the admin, who cannot set bounds; it replaces the set at once (rotation with overlap and expiry
/// comes later), and reports signed for the old set die with it, because they carry `signerSetDigest` in their config digest.
contract AttestationVerifier is IAttestationVerifier, AccessManaged, EIP712 {
    bytes32 private constant ASSET_RISK_TYPEHASH =
        keccak256("AssetRisk(address asset,uint64 volatility,uint64 slippage)");
    bytes32 private constant OBSERVATION_TYPEHASH = keccak256(
        "Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,bytes32 inputsRoot,AssetRisk[] vector)AssetRisk(address asset,uint64 volatility,uint64 slippage)"
    );

    /// @inheritdoc IAttestationVerifier
    uint256 public tightenThreshold;
    /// @inheritdoc IAttestationVerifier
    uint256 public threshold;
    /// @inheritdoc IAttestationVerifier
    bytes32 public signerSetDigest;
    /// @inheritdoc IAttestationVerifier
    mapping(address account => bool known) public isSigner;

    address[] private _signers;

    constructor(address authority_, address[] memory signers_, uint256 tightenThreshold_, uint256 threshold_)
        AccessManaged(authority_)
        EIP712("KeeperOracle", "1")
    {
        _setSigners(signers_, tightenThreshold_, threshold_);
    }

    /// @inheritdoc IAttestationVerifier
    function setSigners(address[] calldata signers_, uint256 tightenThreshold_, uint256 threshold_)
        external
        restricted
    {
        _setSigners(signers_, tightenThreshold_, threshold_);
    }

    /// @inheritdoc IAttestationVerifier
    function requireQuorum(SignedObservation[] calldata observations, uint256 needed) external view {
        if (observations.length < needed) revert QuorumTooSmall(observations.length, needed);

        address previous = address(0);
        for (uint256 i = 0; i < observations.length; ++i) {
            address current = _recover(i, digestOf(observations[i].observation), observations[i].signature);
            if (!isSigner[current]) revert SignerUnknown(current);
            SignerRules.requireAscending(previous, current);
            previous = current;
        }
    }

    /// @inheritdoc IAttestationVerifier
    function signers() external view returns (address[] memory) {
        return _signers;
    }

    /// @inheritdoc IAttestationVerifier
    function digestOf(Observation calldata observation) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    OBSERVATION_TYPEHASH,
                    observation.market,
                    observation.epoch,
                    observation.configDigest,
                    observation.observedAt,
                    observation.notBefore,
                    observation.deadline,
                    observation.inputsRoot,
                    _hashVector(observation.vector)
                )
            )
        );
    }

    function _hashVector(AssetRisk[] calldata vector) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](vector.length);
        for (uint256 i = 0; i < vector.length; ++i) {
            AssetRisk calldata entry = vector[i];
            hashes[i] = keccak256(abi.encode(ASSET_RISK_TYPEHASH, entry.asset, entry.volatility, entry.slippage));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    /// @dev The library refuses the upper half of s and, by way of ecrecover, every v but 27 and 28.
    function _recover(uint256 index, bytes32 digest, bytes calldata signature) private pure returns (address) {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.InvalidSignatureLength) revert SignatureMalformed(index, signature.length);
        if (failure != ECDSA.RecoverError.NoError) revert SignatureNotCanonical(index);
        return recovered;
    }

    function _setSigners(address[] memory signers_, uint256 tightenThreshold_, uint256 threshold_) private {
        SignerRules.requireThresholds(signers_.length, tightenThreshold_, threshold_);
        _requireSorted(signers_);

        for (uint256 i = 0; i < _signers.length; ++i) {
            isSigner[_signers[i]] = false;
        }
        for (uint256 i = 0; i < signers_.length; ++i) {
            isSigner[signers_[i]] = true;
        }
        _signers = signers_;
        tightenThreshold = tightenThreshold_;
        threshold = threshold_;
        signerSetDigest = keccak256(abi.encode(signers_, tightenThreshold_, threshold_));

        emit SignersSet(signers_, tightenThreshold_, threshold_, signerSetDigest);
    }

    function _requireSorted(address[] memory signers_) private pure {
        if (signers_[0] == address(0)) revert SignerZero();
        for (uint256 i = 1; i < signers_.length; ++i) {
            SignerRules.requireAscending(signers_[i - 1], signers_[i]);
        }
    }
}
