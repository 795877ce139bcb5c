// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IOptionBook} from "../../../contracts/interfaces/IOptionBook.sol";
import {IMarginAttestations} from "../../../contracts/interfaces/IMarginAttestations.sol";
import {LeafRecompute} from "../../../contracts/libraries/LeafRecompute.sol";

/// @title A risk oracle whose inputs a test sets
contract FakeInputs {
    uint64 public epoch = 7;
    uint32 public tightenings = 2;
    uint64 public boundsVersion = 5;
    uint64 public lastReportAt;
    uint32 public heartbeat = 26 hours;
    mapping(address asset => bytes preimage) private _preimages;
    /// @dev As the real one would read it: in one word.
    mapping(address asset => bytes32 hash) private _hashes;
    mapping(address asset => uint256 volatility) private _volatilities;

    error AssetUnknown(address asset);

    function set(LeafRecompute.Inputs memory inputs) external {
        (inputs.epoch, inputs.tightenings) = (epoch, tightenings);
        bytes memory preimage = abi.encode(
            inputs.asset,
            inputs.epoch,
            inputs.tightenings,
            inputs.volatility,
            inputs.slippage,
            inputs.initialVolatility,
            inputs.initialSlippage,
            inputs.expiries,
            inputs.impliedVolatilities,
            inputs.forwardRatios
        );
        _preimages[inputs.asset] = preimage;
        _hashes[inputs.asset] = keccak256(preimage);
        _volatilities[inputs.asset] = inputs.initialVolatility;
    }

    function setRangeVolatility(address asset, uint256 volatility) external {
        _volatilities[asset] = volatility;
    }

    function report(uint64 epoch_, uint64 at) external {
        (epoch, lastReportAt) = (epoch_, at);
    }

    function tighten() external {
        ++tightenings;
    }

    function changeBounds() external {
        ++boundsVersion;
    }

    function preimageOf(address asset) external view returns (bytes memory) {
        return _preimages[asset];
    }

    function inputsHash(address asset) external view returns (bytes32 hash) {
        hash = _hashes[asset];
        if (hash == 0) revert AssetUnknown(asset);
    }

    function factors(address asset) external view returns (IRiskOracle.Factors memory made) {
        made.initialVolatility = _volatilities[asset];
    }
}

/// @title Prices that a test sets
contract FakeHub {
    mapping(address asset => uint256 value) private _prices;

    error NoPrice(address asset);

    function set(address asset, uint256 value) external {
        _prices[asset] = value;
    }

    function price(address asset) external view returns (uint256 value) {
        value = _prices[asset];
        if (value == 0) revert NoPrice(asset);
    }
}

/// @title An option book whose legs a test sets
contract FakeBook {
    struct State {
        bytes32 legsHash;
        uint64 nonce;
        uint192 gross;
    }

    IOptionBook.Underlying[] private _underlyings;
    mapping(bytes32 account => State state) private _states;

    function list(address asset) external {
        _underlyings.push(IOptionBook.Underlying({asset: asset, lot: 1, strikeTick: 1}));
    }

    function set(bytes32 account, uint256[] memory words) external {
        _states[account] =
            State({legsHash: keccak256(abi.encodePacked(words)), nonce: _states[account].nonce + 1, gross: 1});
    }

    function legState(bytes32 account) external view returns (bytes32, uint64, uint256) {
        State storage state = _states[account];
        return (state.legsHash, state.nonce, state.gross);
    }

    function underlyings() external view returns (IOptionBook.Underlying[] memory) {
        return _underlyings;
    }
}

/// @title The part of a vault that leans on leaves: collateral at its value, out only down to the requirement
/// @dev Without a leaf that holds the requirement is `computed`, which a test sets to what the reference gives.
contract FakeVault {
    IMarginAttestations private immutable _attestations;
    mapping(bytes32 account => uint256 value) public collateral;
    mapping(bytes32 account => uint256 requirement) public computed;

    error InitialRequirementViolated(uint256 capacity, uint256 requirement);

    constructor(IMarginAttestations attestations) {
        _attestations = attestations;
    }

    function set(bytes32 account, uint256 collateral_, uint256 computed_) external {
        (collateral[account], computed[account]) = (collateral_, computed_);
    }

    function withdraw(bytes32 account, uint256 value, bytes calldata leaf) external returns (bool fast) {
        collateral[account] -= value;
        uint256 requirement = computed[account];
        if (leaf.length != 0) {
            uint256 claimed;
            (fast, claimed) = _attestations.consume(account, leaf, value);
            if (fast) requirement = claimed;
        }
        if (collateral[account] < requirement) revert InitialRequirementViolated(collateral[account], requirement);
    }
}
