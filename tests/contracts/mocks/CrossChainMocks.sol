// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {IHeaderSource} from "../../../contracts/interfaces/IHeaderSource.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {MockToken} from "./MockToken.sol";

/// @title Gives whatever header it was told, by number
contract TellingHeaders is IHeaderSource {
    error NeverTold(uint256 chainId);

    mapping(uint256 chainId => mapping(bytes32 locator => Header)) private _headers;

    function tell(uint256 chainId, bytes calldata locator, Header calldata told) external {
        _headers[chainId][keccak256(locator)] = told;
    }

    function header(uint256 chainId, bytes calldata locator) external view returns (Header memory told) {
        told = _headers[chainId][keccak256(locator)];
        if (told.stateRoot == 0) revert NeverTold(chainId);
    }
}

/// @title Prices that a test sets
contract SetPrices {
    mapping(address asset => IOracleHub.PriceReading) private _readings;

    function set(address asset, uint256 price) external {
        _readings[asset].status = IOracleHub.PriceStatus.Ok;
        _readings[asset].price = price;
    }

    function drop(address asset) external {
        _readings[asset].status = IOracleHub.PriceStatus.Stale;
    }

    function reading(address asset) external view returns (IOracleHub.PriceReading memory) {
        return _readings[asset];
    }
}

/// @title Factors that a test sets
contract SetFactors {
    error AssetUnknown(address asset);

    mapping(address asset => IRiskOracle.Factors) private _factors;
    mapping(address asset => uint256 threshold) private _pastThresholds;

    function set(address asset, IRiskOracle.Factors calldata given) external {
        _factors[asset] = given;
        _pastThresholds[asset] = given.liquidationThreshold;
    }

    function setPast(address asset, uint256 threshold) external {
        _pastThresholds[asset] = threshold;
    }

    function factors(address asset) external view returns (IRiskOracle.Factors memory found) {
        found = _factors[asset];
        if (found.borrowFactor == 0) revert AssetUnknown(asset);
    }

    /// @dev They never change but when a test says so.
    function pastFactors(address asset) external view returns (uint256, uint256) {
        return (_pastThresholds[asset], _factors[asset].maintenanceVolatility);
    }
}

/// @title A vault whose accounts owe what a test says and hold nothing but liens
contract DebtBook is ReentrancyGuardTransient {
    error InitialRequirementFailed(bytes32 account, uint256 capacity, uint256 debt);

    IMarginHub public hub;
    mapping(bytes32 account => uint256 debt) public debtOf;
    mapping(bytes32 account => bool noted) public noted;

    function noteLien(bytes32 account) external nonReentrant {
        noted[account] = true;
    }

    function connect(IMarginHub hub_) external {
        hub = hub_;
    }

    function setDebt(bytes32 account, uint256 debt) external {
        debtOf[account] = debt;
    }

    function requireInitial(bytes32 account, bytes calldata, uint256) external view {
        uint256 debt = debtOf[account];
        if (debt == 0) return;
        uint256 capacity = hub.capacityOf(account).initial;
        if (capacity < debt) revert InitialRequirementFailed(account, capacity, debt);
    }

    function seize(bytes32 lienKey, uint128 units, address recipient) external returns (uint64) {
        return hub.orderSeizure(lienKey, units, recipient);
    }

    /// @dev As in a callback between two steps of a vault.
    function askForSwapMidway(bytes32 lienKey, uint128 units) external nonReentrant {
        hub.requestSwapByMandate(lienKey, units);
    }

    function valuation(bytes32 account) external view returns (IMarginVault.Valuation memory worth) {
        worth.debt = debtOf[account];
        worth.liquidationCapacity = hub.capacityOf(account).maintenance;
    }

    function standing(bytes32 account) external view returns (uint256 health, int256 equity) {
        IMarginHub.Capacity memory capacity = hub.capacityOf(account);
        uint256 debt = debtOf[account];
        health = debt == 0 ? type(uint256).max : capacity.maintenance * 1e18 / debt;
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        equity = int256(capacity.value) - int256(debt);
    }

    function isHealthy(bytes32 account) external view returns (bool) {
        return hub.capacityOf(account).maintenance >= debtOf[account];
    }
}

/// @title Three known signers of four, in ascending order
contract SignerSet is EIP712 {
    error NotSigned(uint256 signatures, uint256 needed);
    error NotSorted(address previous, address current);
    error NotKnown(address signer);

    mapping(address signer => bool) public known;

    constructor(address[] memory signers) EIP712("KeeperOracle", "1") {
        for (uint256 i = 0; i < signers.length; ++i) {
            known[signers[i]] = true;
        }
    }

    function digestOf(bytes32 structHash) public view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    function requireQuorumOver(bytes32 structHash, bytes[] calldata signatures, IAttestationVerifier.Quorum kind)
        external
        view
    {
        uint256 needed = kind == IAttestationVerifier.Quorum.Whole ? 3 : 2;
        if (signatures.length < needed) revert NotSigned(signatures.length, needed);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            address current = ECDSA.recover(digestOf(structHash), signatures[i]);
            if (current <= previous) revert NotSorted(previous, current);
            if (!known[current]) revert NotKnown(current);
            previous = current;
        }
    }
}

/// @title The predeploy of an OP-stack chain as far as it is used, which a test writes
contract L1BlockStub {
    uint64 public number;
    bytes32 public hash;

    function set(uint64 number_, bytes32 hash_) external {
        (number, hash) = (number_, hash_);
    }
}

/// @title Refuses to pay one receiver
contract BlockingToken is MockToken {
    error Blocked(address receiver);

    address public blocked;

    constructor(uint8 decimals_) MockToken("Blocking", "BLK", decimals_) {}

    function setBlocked(address receiver) external {
        blocked = receiver;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (to == blocked && from != address(0)) revert Blocked(to);
        super._update(from, to, amount);
    }
}
