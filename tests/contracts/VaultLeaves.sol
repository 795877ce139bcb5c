// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginAttestations} from "../../contracts/interfaces/IMarginAttestations.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {VaultOptions} from "./VaultOptions.sol";

// casting is safe throughout because figures are those of 128 and 64 bits that contracts hold
// forge-lint: disable-start(unsafe-typecast)

/// @title The whole protocol with options, and a bonded poster who attests their requirements, truly or not
abstract contract VaultLeaves is VaultOptions {
    uint256 internal constant BOND = 10_000e6;
    uint256 internal constant LEVELS = 20;

    address internal poster = makeAddr("poster");

    function setUp() public virtual override {
        super.setUp();
        usdc.mint(poster, BOND);
        vm.startPrank(poster);
        usdc.approve(address(attestations), BOND);
        attestations.postBond(BOND);
        vm.stopPrank();
    }

    /// @dev A root that says what an account's options need, among a million leaves, and the leaf.
    function _attest(bytes32 account, uint256 requirement) internal returns (bytes memory) {
        bytes memory body = _body(account, uint128(requirement));
        bytes32[] memory proof = new bytes32[](LEVELS);
        bytes32 once = keccak256(abi.encodePacked(block.chainid, address(attestations), account, body));
        bytes32 root = keccak256(abi.encodePacked(once));
        for (uint256 i = 0; i < LEVELS; ++i) {
            proof[i] = keccak256(abi.encode("other", i));
            (bytes32 left, bytes32 right) = root < proof[i] ? (root, proof[i]) : (proof[i], root);
            root = keccak256(abi.encodePacked(left, right));
        }
        vm.prank(poster);
        uint64 rootId = attestations.postRoot(root, 2 ** LEVELS);
        return abi.encodePacked(rootId, body, proof);
    }

    function _body(bytes32 account, uint128 requirement) private view returns (bytes memory) {
        uint256[] memory words = book.legsOf(account);
        (bytes32 legsHash, uint64 nonce,) = book.legState(account);
        (uint64 earliest, uint256 gross) = (type(uint64).max, 0);
        for (uint256 i = 0; i < words.length; ++i) {
            if (PackedLeg.expiry(words[i]) < earliest) earliest = PackedLeg.expiry(words[i]);
            int256 amount = PackedLeg.amount(words[i]);
            gross += uint256(amount < 0 ? -amount : amount);
        }
        bytes memory head = abi.encodePacked(
            nonce,
            legsHash,
            uint64(vm.getBlockTimestamp()),
            earliest,
            risk.epoch(),
            risk.tightenings(),
            risk.boundsVersion(),
            requirement,
            uint128(0),
            uint8(1)
        );
        return bytes.concat(head, _underlying(uint128(gross)));
    }

    function _underlying(uint128 gross) private view returns (bytes memory) {
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        uint256 volatility = factors.initialVolatility > factors.maintenanceVolatility
            ? factors.initialVolatility
            : factors.maintenanceVolatility;
        return abi.encodePacked(
            address(weth), uint128(hub.price(address(weth))), gross, uint64(volatility), risk.inputsHash(address(weth))
        );
    }

    /// @dev Preimages of the inputs hashes of a leaf.
    function _preimages() internal view returns (bytes[] memory inputs) {
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        uint64[] memory implied = new uint64[](expiries.length);
        uint64[] memory ratios = new uint64[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 volatility, uint256 ratio) = risk.optionInputs(address(weth), expiries[i]);
            (implied[i], ratios[i]) = (uint64(volatility), uint64(ratio));
        }
        inputs = new bytes[](1);
        inputs[0] = abi.encode(
            address(weth),
            uint256(risk.epoch()),
            uint256(risk.tightenings()),
            state.volatility,
            state.slippage,
            state.initialVolatility,
            state.initialSlippage,
            expiries,
            implied,
            ratios
        );
    }

    function _withdrawBy(bytes32 account, uint256 amount, bytes memory leaf) internal {
        _withdrawBy(account, wbtc, amount, leaf);
    }

    function _withdrawBy(bytes32 account, MockToken token, uint256 amount, bytes memory leaf) internal {
        address owner = vault.ownerOf(account);
        vm.prank(owner);
        vault.withdrawCollateral(account, address(token), amount, owner, leaf);
    }
}
