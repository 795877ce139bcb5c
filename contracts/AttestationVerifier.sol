// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAttestationVerifier} from "./interfaces/IAttestationVerifier.sol";
import {SignerRules} from "./libraries/SignerRules.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "./types/Observation.sol";

/// @title The signer set and its quorum
/// @dev SPECIFICATION
///
/// Digest. EIP-712 with domain (name "KeeperOracle", version "1", chain id, this contract) over
///   Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,
///               bytes32 inputsRoot,AssetRisk[] vector)
///   AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)
///   ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)
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
/// Rotation. `rotateSigners` makes a new set current at once and keeps the one before it acceptable while now <= rotation + overlap (at most
/// 7 days; 0 = not at all), or until its own expiry where that is earlier. There is never more than one previous set: a second rotation
/// inside the overlap forgets the oldest, and a set rotated onto itself leaves none. A set whose keys are stolen leaves without overlap. An admin may give the current set an expiry;
/// an expired set signs nothing, so an oracle that nobody looks after falls silent instead of trusting old keys.
///
/// Whose quorum. An observation carries the digest of the set it was signed for inside its config digest, and is checked against that set, current or
/// previous, with that set's thresholds. Any other message names no set: it is checked against the current set, or where that does not know
/// all of its signers, against the previous one. Sets are never mixed, so a signer in both counts once, and a threshold is always
/// reached within one set.
///
/// Order of the checks. An observation: its set is accepted and not expired, there are enough, then of each signature: well-formed, signer known,
/// signer after the one before. Any other message: all signatures well-formed, a set that knows all signers, enough, in order.
///
/// Roles. `rotateSigners` and `setValidUntil` are restricted to the admin, who cannot set bounds.
contract AttestationVerifier is IAttestationVerifier, AccessManaged, EIP712 {
    bytes32 private constant EXPIRY_RISK_TYPEHASH =
        keccak256("ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)");
    bytes32 private constant ASSET_RISK_TYPEHASH = keccak256(
        "AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)"
    );
    bytes32 private constant OBSERVATION_TYPEHASH = keccak256(
        "Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,bytes32 inputsRoot,AssetRisk[] vector)AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)"
    );

    /// @dev The hash of an empty array, which most assets have.
    bytes32 private constant NO_EXPIRIES = keccak256("");

    uint256 private constant MAX_OVERLAP = 7 days;

    /// @dev Two slots.
    /// @param digest of signers and thresholds; 0 where there is no such set
    /// @param validUntil last second in which the set signs; 0 = no end
    struct SignerSet {
        bytes32 digest;
        uint64 validUntil;
        uint8 tightenThreshold;
        uint8 threshold;
    }

    SignerSet private _current;
    SignerSet private _previous;
    address[] private _signers;
    /// @dev Who is in which set. A set keeps its members for ever: it is the two sets above that decide which are asked.
    mapping(bytes32 digest => mapping(address account => bool known)) private _isMember;

    constructor(address authority_, address[] memory signers_, uint256 tightenThreshold_, uint256 threshold_)
        AccessManaged(authority_)
        EIP712("KeeperOracle", "1")
    {
        _rotate(signers_, tightenThreshold_, threshold_, 0);
    }

    // ---------------------------------------------------------------------------------------------------- governance

    /// @inheritdoc IAttestationVerifier
    function rotateSigners(address[] calldata signers_, uint256 tightenThreshold_, uint256 threshold_, uint256 overlap)
        external
        restricted
    {
        if (overlap > MAX_OVERLAP) revert OverlapTooLong(overlap, MAX_OVERLAP);
        _rotate(signers_, tightenThreshold_, threshold_, overlap);
    }

    /// @inheritdoc IAttestationVerifier
    function setValidUntil(uint64 validUntil_) external restricted {
        if (validUntil_ != 0 && validUntil_ < block.timestamp) revert ValidUntilPassed(validUntil_, block.timestamp);

        _current.validUntil = validUntil_;

        emit ValidUntilSet(_current.digest, validUntil_);
    }

    // -------------------------------------------------------------------------------------------------------- quorums

    /// @inheritdoc IAttestationVerifier
    function requireQuorum(SignedObservation[] calldata observations, bytes32 setDigest, Quorum kind) external view {
        SignerSet memory set = _acceptedSet(setDigest);
        _requireEnough(set, observations.length, kind);

        address previous = address(0);
        for (uint256 i = 0; i < observations.length; ++i) {
            address current = _recover(i, digestOf(observations[i].observation), observations[i].signature);
            if (!_isMember[set.digest][current]) revert SignerUnknown(current);
            SignerRules.requireAscending(previous, current);
            previous = current;
        }
    }

    /// @inheritdoc IAttestationVerifier
    function requireQuorumOver(bytes32 structHash, bytes[] calldata signatures, Quorum kind) external view {
        bytes32 digest = _hashTypedDataV4(structHash);
        address[] memory recovered = new address[](signatures.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            recovered[i] = _recover(i, digest, signatures[i]);
        }
        _requireEnough(_setKnowing(recovered), recovered.length, kind);
        for (uint256 i = 1; i < recovered.length; ++i) {
            SignerRules.requireAscending(recovered[i - 1], recovered[i]);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IAttestationVerifier
    function acceptedSetDigests() external view returns (bytes32 current, bytes32 previous) {
        current = _current.digest;
        if (!_isExpired(_previous)) previous = _previous.digest;
    }

    /// @inheritdoc IAttestationVerifier
    function signerSetDigest() external view returns (bytes32) {
        return _current.digest;
    }

    /// @inheritdoc IAttestationVerifier
    function tightenThreshold() external view returns (uint256) {
        return _current.tightenThreshold;
    }

    /// @inheritdoc IAttestationVerifier
    function threshold() external view returns (uint256) {
        return _current.threshold;
    }

    /// @inheritdoc IAttestationVerifier
    function validUntil() external view returns (uint64) {
        return _current.validUntil;
    }

    /// @inheritdoc IAttestationVerifier
    function previousValidUntil() external view returns (uint64) {
        return _previous.validUntil;
    }

    /// @inheritdoc IAttestationVerifier
    function isSigner(address account) external view returns (bool) {
        return _isMember[_current.digest][account];
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
            hashes[i] = keccak256(
                abi.encode(
                    ASSET_RISK_TYPEHASH, entry.asset, entry.volatility, entry.slippage, _hashExpiries(entry.expiries)
                )
            );
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashExpiries(ExpiryRisk[] calldata expiries) private pure returns (bytes32) {
        if (expiries.length == 0) return NO_EXPIRIES;
        bytes32[] memory hashes = new bytes32[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            ExpiryRisk calldata entry = expiries[i];
            hashes[i] =
                keccak256(abi.encode(EXPIRY_RISK_TYPEHASH, entry.expiry, entry.impliedVolatility, entry.forwardRatio));
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

    // ----------------------------------------------------------------------------------------------------------- sets

    function _rotate(address[] memory signers_, uint256 tightenThreshold_, uint256 threshold_, uint256 overlap)
        private
    {
        SignerRules.requireThresholds(signers_.length, tightenThreshold_, threshold_);
        _requireSorted(signers_);
        bytes32 digest = keccak256(abi.encode(signers_, tightenThreshold_, threshold_));

        _retire(digest, overlap);
        for (uint256 i = 0; i < signers_.length; ++i) {
            _isMember[digest][signers_[i]] = true;
        }
        _signers = signers_;
        // casting to 'uint8' is safe because no threshold exceeds the number of signers, at most 31
        // forge-lint: disable-next-line(unsafe-typecast)
        _current = SignerSet(digest, 0, uint8(tightenThreshold_), uint8(threshold_));

        emit SignersRotated(digest, signers_, tightenThreshold_, threshold_, _previous.digest, _previous.validUntil);
    }

    /// @dev The current set becomes the previous one, for as long as it may.
    function _retire(bytes32 nextDigest, uint256 overlap) private {
        SignerSet memory retired = _current;
        if (overlap == 0 || retired.digest == nextDigest || _isExpired(retired)) {
            delete _previous;
            return;
        }
        // casting to 'uint64' is safe because an overlap is at most a week
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 end = uint64(block.timestamp + overlap);
        if (retired.validUntil == 0 || retired.validUntil > end) retired.validUntil = end;
        _previous = retired;
    }

    /// @dev The set of that digest, if it may sign now.
    function _acceptedSet(bytes32 digest) private view returns (SignerSet memory set) {
        if (digest == _current.digest) {
            set = _current;
        } else if (digest != 0 && digest == _previous.digest) {
            set = _previous;
        } else {
            revert SignerSetUnknown(digest);
        }
        if (_isExpired(set)) revert SignerSetExpired(digest, set.validUntil, block.timestamp);
    }

    /// @dev The set that knows all of them and may sign now: the current one, else the previous one.
    function _setKnowing(address[] memory recovered) private view returns (SignerSet memory set) {
        set = _current;
        address stranger = _firstStranger(set.digest, recovered);
        if (stranger == address(0) && !_isExpired(set)) return set;

        SignerSet memory previous = _previous;
        bool known = previous.digest != 0 && _firstStranger(previous.digest, recovered) == address(0);
        if (known && !_isExpired(previous)) return previous;
        if (stranger == address(0)) revert SignerSetExpired(set.digest, set.validUntil, block.timestamp);
        if (known) revert SignerSetExpired(previous.digest, previous.validUntil, block.timestamp);
        revert SignerUnknown(stranger);
    }

    /// @dev The first that is not in the set; 0 where all are, since nothing recovers to 0.
    function _firstStranger(bytes32 digest, address[] memory recovered) private view returns (address) {
        for (uint256 i = 0; i < recovered.length; ++i) {
            if (!_isMember[digest][recovered[i]]) return recovered[i];
        }
        return address(0);
    }

    function _isExpired(SignerSet memory set) private view returns (bool) {
        return set.validUntil != 0 && block.timestamp > set.validUntil;
    }

    function _requireEnough(SignerSet memory set, uint256 given, Quorum kind) private pure {
        uint256 needed = kind == Quorum.Tighten ? set.tightenThreshold : set.threshold;
        if (given < needed) revert QuorumTooSmall(given, needed);
    }

    function _requireSorted(address[] memory signers_) private pure {
        if (signers_[0] == address(0)) revert SignerZero();
        for (uint256 i = 1; i < signers_.length; ++i) {
            SignerRules.requireAscending(signers_[i - 1], signers_[i]);
        }
    }
}
