// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MockToken} from "./MockToken.sol";

/// @title Keeps a share of every transfer
contract TaxedToken is MockToken {
    uint256 public immutable taxBps;

    constructor(string memory symbol_, uint8 decimals_, uint256 taxBps_) MockToken("Taxed", symbol_, decimals_) {
        taxBps = taxBps_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) {
            super._update(from, to, amount);
            return;
        }
        uint256 tax = amount * taxBps / 10_000;
        super._update(from, address(0xdead), tax);
        super._update(from, to, amount - tax);
    }
}

/// @title Answers false and moves nothing
contract FalseToken is MockToken {
    constructor(string memory symbol_, uint8 decimals_) MockToken("False", symbol_, decimals_) {}

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @title Calls someone back in the middle of every transfer
contract CallbackToken is MockToken {
    address public target;
    bytes public data;
    bytes public answer;
    bool public succeeded;
    bool private _busy;

    constructor(string memory symbol_, uint8 decimals_) MockToken("Callback", symbol_, decimals_) {}

    function arm(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0) || _busy || from == address(0)) return;
        _busy = true;
        (succeeded, answer) = target.call(data);
        _busy = false;
    }
}
